import {
  to = onprem_proxmox_vm.web
  identity = {
    vm_id = 9100
  }
}
