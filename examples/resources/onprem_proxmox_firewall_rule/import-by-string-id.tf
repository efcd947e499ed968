import {
  to = onprem_proxmox_firewall_rule.ssh
  id = "guest/9100:ssh"
}
