data "onprem_idrac_system" "r750_01" {
  server = "r750-01"
}

output "service_tag" {
  value = data.onprem_idrac_system.r750_01.service_tag
}
