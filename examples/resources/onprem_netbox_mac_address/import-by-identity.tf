import {
  to = onprem_netbox_mac_address.eth0
  identity = {
    id = 9
  }
}
