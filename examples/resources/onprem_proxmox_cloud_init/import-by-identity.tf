import {
  to = onprem_proxmox_cloud_init.web01
  identity = {
    node      = "pve1"
    volume_id = "local:iso/web-01.iso"
  }
}
