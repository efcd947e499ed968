import {
  to = onprem_proxmox_firewall_options.web01
  identity = {
    vm_id = 9100
  }
}
