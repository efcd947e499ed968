import {
  to = onprem_proxmox_container.dns
  identity = {
    vm_id = 9200
  }
}
