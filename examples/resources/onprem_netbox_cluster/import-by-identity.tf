import {
  to = onprem_netbox_cluster.vienna
  identity = {
    id = 6
  }
}
