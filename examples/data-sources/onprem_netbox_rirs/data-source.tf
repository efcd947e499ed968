data "onprem_netbox_rirs" "all" {}

output "rirs" {
  value = { for one in data.onprem_netbox_rirs.all.objects : one.name => one.id... }
}
