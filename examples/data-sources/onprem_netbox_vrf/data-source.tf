data "onprem_netbox_vrf" "this" {
  name = "lab"
}

output "vrf_id" {
  value = data.onprem_netbox_vrf.this.id
}
