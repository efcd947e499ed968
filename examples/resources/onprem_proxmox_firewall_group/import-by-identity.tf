import {
  to = onprem_proxmox_firewall_group.web
  identity = {
    name = "web"
  }
}
