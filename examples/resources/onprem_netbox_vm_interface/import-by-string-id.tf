import {
  to = onprem_netbox_vm_interface.eth0
  id = "8"
}
