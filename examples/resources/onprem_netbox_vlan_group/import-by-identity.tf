import {
  to = onprem_netbox_vlan_group.campus
  identity = {
    id = 11
  }
}
