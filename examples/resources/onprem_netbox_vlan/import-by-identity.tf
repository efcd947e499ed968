import {
  to = onprem_netbox_vlan.servers
  identity = {
    id = 31
  }
}
