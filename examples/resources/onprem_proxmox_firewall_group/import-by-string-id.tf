import {
  to = onprem_proxmox_firewall_group.web
  id = "web"
}
