data "onprem_netbox_vrfs" "all" {}

output "vrfs" {
  value = { for one in data.onprem_netbox_vrfs.all.objects : one.name => one.id... }
}
