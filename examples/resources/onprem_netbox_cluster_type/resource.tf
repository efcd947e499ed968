resource "onprem_netbox_cluster_type" "proxmox" {
  name = "Proxmox VE"
}
