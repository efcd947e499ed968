import {
  to = onprem_netbox_virtual_machine.web
  id = "web-1"
}
