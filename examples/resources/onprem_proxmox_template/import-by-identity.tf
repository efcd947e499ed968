import {
  to = onprem_proxmox_template.ubuntu22
  identity = {
    vm_id = 9000
  }
}
