data "onprem_netbox_vlan" "servers" {
  vid = 20
}

resource "onprem_netbox_prefix" "servers" {
  prefix  = "10.20.0.0/24"
  vlan_id = data.onprem_netbox_vlan.servers.id
}
