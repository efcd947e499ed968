import {
  to = onprem_netbox_service.https
  id = "10"
}
