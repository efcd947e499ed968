import {
  to = onprem_netbox_tenant.web
  identity = {
    id = 3
  }
}
