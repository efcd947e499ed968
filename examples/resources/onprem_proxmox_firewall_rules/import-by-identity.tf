import {
  to = onprem_proxmox_firewall_rules.web01
  identity = {
    vm_id = 9100
  }
}
