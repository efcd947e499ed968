resource "onprem_netbox_vrf" "lab" {
  name = "lab"
  rd   = "65000:10"
}
