data "onprem_netbox_vlan_group" "this" {
  name = "campus"
}

output "vlan_group_id" {
  value = data.onprem_netbox_vlan_group.this.id
}
