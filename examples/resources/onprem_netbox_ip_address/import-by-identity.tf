import {
  to = onprem_netbox_ip_address.web
  identity = {
    id = 1204
  }
}
