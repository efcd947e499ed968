data "onprem_netbox_ip_ranges" "reserved" {
  status = "reserved"
}

output "reserved" {
  value = { for range in data.onprem_netbox_ip_ranges.reserved.ip_ranges : range.start_address => range.end_address }
}
