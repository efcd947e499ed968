data "onprem_netbox_vlans" "active" {
  status = "active"
}

output "vlans" {
  value = { for vlan in data.onprem_netbox_vlans.active.vlans : vlan.name => vlan.vid }
}
