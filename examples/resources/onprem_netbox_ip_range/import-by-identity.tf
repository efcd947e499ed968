import {
  to = onprem_netbox_ip_range.dhcp
  identity = {
    id = 8
  }
}
