data "onprem_netbox_ip_address" "gateway" {
  address = "10.20.0.1/24"
}

output "gateway_name" {
  value = data.onprem_netbox_ip_address.gateway.dns_name
}
