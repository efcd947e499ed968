data "onprem_netbox_role" "this" {
  name = "servers"
}

output "role_id" {
  value = data.onprem_netbox_role.this.id
}
