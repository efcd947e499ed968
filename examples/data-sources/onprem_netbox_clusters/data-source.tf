data "onprem_netbox_clusters" "all" {}

output "clusters" {
  value = { for one in data.onprem_netbox_clusters.all.objects : one.name => one.id... }
}
