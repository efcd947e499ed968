data "onprem_netbox_sites" "all" {}

output "sites" {
  value = { for one in data.onprem_netbox_sites.all.objects : one.name => one.id... }
}
