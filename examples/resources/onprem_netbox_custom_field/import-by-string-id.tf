import {
  to = onprem_netbox_custom_field.cost_center
  id = "cost_center"
}
