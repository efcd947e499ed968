resource "onprem_netbox_role" "servers" {
  name   = "Servers"
  weight = 100
}
