data "onprem_netbox_rir" "this" {
  name = "RFC 1918"
}

output "rir_id" {
  value = data.onprem_netbox_rir.this.id
}
