import {
  to = onprem_proxmox_pool.web
  identity = {
    name = "web"
  }
}
