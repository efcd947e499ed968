import {
  to = onprem_netbox_aggregate.private
  identity = {
    id = 3
  }
}
