import {
  to = onprem_proxmox_template.ubuntu22
  id = "9000"
}
