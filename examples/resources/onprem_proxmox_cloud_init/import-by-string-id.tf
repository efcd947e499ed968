import {
  to = onprem_proxmox_cloud_init.web01
  id = "pve1/local:iso/web-01.iso"
}
