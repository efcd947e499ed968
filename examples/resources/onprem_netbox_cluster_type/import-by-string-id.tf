import {
  to = onprem_netbox_cluster_type.proxmox
  id = "Proxmox VE"
}
