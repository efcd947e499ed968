import {
  to = onprem_proxmox_image.debian13
  id = "pve1/local:import/debian-13.qcow2"
}
