import {
  to = onprem_netbox_virtual_machine.web
  identity = {
    id = 7
  }
}
