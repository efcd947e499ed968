import {
  to = onprem_netbox_rir.rfc1918
  identity = {
    id = 1
  }
}
