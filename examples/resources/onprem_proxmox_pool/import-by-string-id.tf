import {
  to = onprem_proxmox_pool.web
  id = "web"
}
