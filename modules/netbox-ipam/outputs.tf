output "prefix_id" {
  description = "Numbers of the prefixes, by network. They are known once the reserved addresses and the ranges are in NetBox, so that nothing takes these."
  value       = { for network, prefix in onprem_netbox_prefix.this : network => prefix.id }
  depends_on  = [onprem_netbox_ip_address.reserved, onprem_netbox_ip_range.this]
}

output "ip_range_id" {
  description = "Numbers of the IP ranges, by name. They are known once the reserved addresses are in NetBox, so that nothing takes these."
  value       = { for name, range in onprem_netbox_ip_range.this : name => range.id }
  depends_on  = [onprem_netbox_ip_address.reserved]
}

output "vlan_id" {
  description = "Numbers that NetBox gave the VLANs, by name."
  value       = { for name, vlan in onprem_netbox_vlan.this : name => vlan.id }
}

output "vid" {
  description = "Numbers of the VLANs in the network, by name."
  value       = { for name, vlan in onprem_netbox_vlan.this : name => vlan.vid }
}

output "vrf_id" {
  description = "Numbers of the VRFs, by name."
  value       = { for name, vrf in onprem_netbox_vrf.this : name => vrf.id }
}

output "tenant_id" {
  description = "Numbers of the tenants, by name."
  value       = { for name, tenant in onprem_netbox_tenant.this : name => tenant.id }
}

output "tag_id" {
  description = "Numbers of the tags, by name."
  value       = { for name, tag in onprem_netbox_tag.this : name => tag.id }
}

output "tags" {
  description = "Names of the tags, for whatever else shall have them."
  value       = toset(local.tag_names)
}
