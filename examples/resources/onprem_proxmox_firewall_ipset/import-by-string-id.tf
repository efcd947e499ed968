import {
  to = onprem_proxmox_firewall_ipset.management
  id = "cluster:management"
}
