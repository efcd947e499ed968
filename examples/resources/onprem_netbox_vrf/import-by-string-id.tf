import {
  to = onprem_netbox_vrf.lab
  id = "lab"
}
