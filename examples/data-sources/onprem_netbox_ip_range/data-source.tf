data "onprem_netbox_ip_range" "dhcp" {
  start_address = "10.20.0.100/24"
}

resource "onprem_netbox_ip_address" "printer" {
  ip_range_id = data.onprem_netbox_ip_range.dhcp.id
}
