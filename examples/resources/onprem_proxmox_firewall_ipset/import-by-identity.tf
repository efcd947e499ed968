import {
  to = onprem_proxmox_firewall_ipset.management
  identity = {
    scope = "cluster"
    name  = "management"
  }
}
