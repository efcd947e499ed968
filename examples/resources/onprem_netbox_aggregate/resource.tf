resource "onprem_netbox_rir" "rfc1918" {
  name       = "RFC 1918"
  is_private = true
}

resource "onprem_netbox_aggregate" "private" {
  prefix = "10.0.0.0/8"
  rir_id = onprem_netbox_rir.rfc1918.id
}
