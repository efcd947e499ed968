import {
  to = onprem_netbox_cluster_type.proxmox
  identity = {
    id = 5
  }
}
