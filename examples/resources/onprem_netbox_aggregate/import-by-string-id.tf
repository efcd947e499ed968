import {
  to = onprem_netbox_aggregate.private
  id = "10.0.0.0/8"
}
