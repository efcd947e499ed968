import {
  to = onprem_proxmox_container.dns
  id = "9200"
}
