data "onprem_netbox_cluster_types" "all" {}

output "cluster_types" {
  value = { for one in data.onprem_netbox_cluster_types.all.objects : one.name => one.id... }
}
