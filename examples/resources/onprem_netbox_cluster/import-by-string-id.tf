import {
  to = onprem_netbox_cluster.vienna
  id = "vienna"
}
