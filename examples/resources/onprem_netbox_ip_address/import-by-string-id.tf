import {
  to = onprem_netbox_ip_address.web
  id = "10.20.0.5/24@lab"
}
