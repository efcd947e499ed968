import {
  to = onprem_proxmox_firewall_rules.web01
  id = "9100"
}
