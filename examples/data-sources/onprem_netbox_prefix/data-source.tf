data "onprem_netbox_prefix" "servers" {
  prefix = "10.20.0.0/24"
}

resource "onprem_netbox_ip_address" "web" {
  prefix_id = data.onprem_netbox_prefix.servers.id
}
