import {
  to = onprem_proxmox_firewall_options.web01
  id = "9100"
}
