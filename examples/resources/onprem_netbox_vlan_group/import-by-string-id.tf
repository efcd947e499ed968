import {
  to = onprem_netbox_vlan_group.campus
  id = "campus"
}
