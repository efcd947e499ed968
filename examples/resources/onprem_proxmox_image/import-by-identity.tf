import {
  to = onprem_proxmox_image.debian13
  identity = {
    node      = "pve1"
    volume_id = "local:import/debian-13.qcow2"
  }
}
