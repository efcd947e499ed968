resource "onprem_netbox_vlan" "servers" {
  vid    = 120
  name   = "servers"
  status = "active"
}
