data "onprem_netbox_prefix" "servers" {
  prefix = "10.20.0.0/24"
}

data "onprem_netbox_prefix_utilization" "servers" {
  prefix_id = data.onprem_netbox_prefix.servers.id
}

output "servers_full" {
  value = "${data.onprem_netbox_prefix_utilization.servers.percent} %"
}
