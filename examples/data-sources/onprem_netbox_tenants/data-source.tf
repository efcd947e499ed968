data "onprem_netbox_tenants" "all" {}

output "tenants" {
  value = { for one in data.onprem_netbox_tenants.all.objects : one.name => one.id... }
}
