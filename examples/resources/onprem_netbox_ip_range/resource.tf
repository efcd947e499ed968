resource "onprem_netbox_ip_range" "dhcp" {
  start_address  = "10.20.0.100/24"
  end_address    = "10.20.0.199/24"
  description    = "Handed out by DHCP"
  mark_populated = true
}
