import {
  to = onprem_netbox_tenant.web
  id = "Web team"
}
