import {
  to = onprem_netbox_vrf.lab
  identity = {
    id = 4
  }
}
