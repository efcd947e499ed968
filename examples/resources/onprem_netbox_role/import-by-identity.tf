import {
  to = onprem_netbox_role.servers
  identity = {
    id = 2
  }
}
