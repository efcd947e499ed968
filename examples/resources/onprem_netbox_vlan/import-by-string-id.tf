import {
  to = onprem_netbox_vlan.servers
  id = "servers"
}
