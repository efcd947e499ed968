data "onprem_netbox_vlan_groups" "all" {}

output "vlan_groups" {
  value = { for one in data.onprem_netbox_vlan_groups.all.objects : one.name => one.id... }
}
