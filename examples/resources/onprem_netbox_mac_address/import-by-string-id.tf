import {
  to = onprem_netbox_mac_address.eth0
  id = "BC:24:11:00:00:01"
}
