import {
  to = onprem_netbox_ip_range.dhcp
  id = "10.20.0.100/24"
}
