import {
  to = onprem_netbox_site.vienna
  identity = {
    id = 4
  }
}
