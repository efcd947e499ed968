data "onprem_netbox_virtual_machine" "this" {
  name = "web-1"
}

output "virtual_machine_id" {
  value = data.onprem_netbox_virtual_machine.this.id
}
