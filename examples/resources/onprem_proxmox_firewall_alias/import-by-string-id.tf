import {
  to = onprem_proxmox_firewall_alias.office
  id = "cluster:office"
}
