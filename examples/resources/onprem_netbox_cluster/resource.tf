resource "onprem_netbox_cluster_type" "proxmox" {
  name = "Proxmox VE"
}

resource "onprem_netbox_cluster" "vienna" {
  name    = "vienna"
  type_id = onprem_netbox_cluster_type.proxmox.id
}
