import {
  to = onprem_netbox_custom_field.cost_center
  identity = {
    id = 12
  }
}
