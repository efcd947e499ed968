import {
  to = onprem_netbox_vm_interface.eth0
  identity = {
    id = 8
  }
}
