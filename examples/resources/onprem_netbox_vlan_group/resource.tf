resource "onprem_netbox_vlan_group" "campus" {
  name       = "campus"
  vid_ranges = [[100, 199], [300, 399]]
}
