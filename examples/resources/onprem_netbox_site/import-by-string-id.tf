import {
  to = onprem_netbox_site.vienna
  id = "Vienna"
}
