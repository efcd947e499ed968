data "onprem_netbox_roles" "all" {}

output "roles" {
  value = { for one in data.onprem_netbox_roles.all.objects : one.name => one.id... }
}
