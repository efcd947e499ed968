import {
  to = onprem_proxmox_firewall_rule.ssh
  identity = {
    scope = "guest/9100"
    name  = "ssh"
  }
}
