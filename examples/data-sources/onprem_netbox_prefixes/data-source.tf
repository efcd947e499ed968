data "onprem_netbox_prefixes" "pools" {
  within = "10.20.0.0/16"
  tag    = "pool"
}

output "pools" {
  value = { for prefix in data.onprem_netbox_prefixes.pools.prefixes : prefix.prefix => prefix.id }
}
