import {
  to = onprem_netbox_service.https
  identity = {
    id = 10
  }
}
