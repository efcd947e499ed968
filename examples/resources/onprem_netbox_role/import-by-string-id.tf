import {
  to = onprem_netbox_role.servers
  id = "Servers"
}
