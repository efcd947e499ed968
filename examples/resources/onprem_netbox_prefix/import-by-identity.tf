import {
  to = onprem_netbox_prefix.servers
  identity = {
    id = 57
  }
}
