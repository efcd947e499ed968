resource "onprem_netbox_rir" "rfc1918" {
  name       = "RFC 1918"
  is_private = true
}
