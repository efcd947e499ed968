import {
  to = onprem_proxmox_vm.web
  id = "9100"
}
