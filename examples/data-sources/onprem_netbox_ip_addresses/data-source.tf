data "onprem_netbox_ip_addresses" "servers" {
  parent = "10.20.0.0/24"
  status = "active"
}

output "names" {
  value = { for one in data.onprem_netbox_ip_addresses.servers.ip_addresses : one.address => one.dns_name }
}
