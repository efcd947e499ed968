import {
  to = onprem_netbox_rir.rfc1918
  id = "RFC 1918"
}
