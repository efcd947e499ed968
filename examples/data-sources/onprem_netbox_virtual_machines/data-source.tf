data "onprem_netbox_virtual_machines" "all" {}

output "virtual_machines" {
  value = { for one in data.onprem_netbox_virtual_machines.all.objects : one.name => one.id... }
}
