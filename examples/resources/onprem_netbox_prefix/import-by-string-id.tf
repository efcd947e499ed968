import {
  to = onprem_netbox_prefix.servers
  id = "10.20.4.0/24@lab"
}
