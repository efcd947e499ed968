import {
  to = onprem_proxmox_firewall_alias.office
  identity = {
    scope = "cluster"
    name  = "office"
  }
}
