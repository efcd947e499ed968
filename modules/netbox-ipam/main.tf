locals {
  tag_names  = [for name in sort(keys(var.tags)) : onprem_netbox_tag.this[name].name]
  tenant_ids = merge(var.tenant_ids, { for name, tenant in onprem_netbox_tenant.this : name => tenant.id })
  vrf_ids    = merge(var.vrf_ids, { for name, vrf in onprem_netbox_vrf.this : name => vrf.id })
  vlan_ids   = merge(var.vlan_ids, { for name, vlan in onprem_netbox_vlan.this : name => vlan.id })

  # `10.20.0.0/24@prod` is 10.20.0.0/24 in the VRF prod.
  prefixes = {
    for network, prefix in var.prefixes : network => merge(prefix, {
      prefix = split("@", network)[0]
      length = split("/", split("@", network)[0])[1]
      vrf    = try(split("@", network)[1], null)
    })
  }

  # What NetBox must not hand out.
  reserved = merge([
    for network, prefix in local.prefixes : merge(
      {
        for ip, address in prefix.reserved : "${ip}@${network}" => {
          network = network, ip = ip, dns_name = address.dns_name, description = address.description
        }
      },
      prefix.gateway == null ? {} : {
        "${prefix.gateway}@${network}" = {
          network = network, ip = prefix.gateway, dns_name = null, description = "Gateway"
        }
      },
    )
  ]...)
}

resource "onprem_netbox_tag" "this" {
  for_each = var.tags

  name         = each.key
  slug         = each.value.slug
  color        = each.value.color
  description  = each.value.description
  object_types = each.value.object_types
}

resource "onprem_netbox_tenant" "this" {
  for_each = var.tenants

  name        = each.key
  slug        = each.value.slug
  group_id    = each.value.group_id
  description = each.value.description
  tags        = local.tag_names
}

resource "onprem_netbox_vrf" "this" {
  for_each = var.vrfs

  name           = each.key
  rd             = each.value.rd
  enforce_unique = each.value.enforce_unique
  tenant_id      = each.value.tenant == null ? null : local.tenant_ids[each.value.tenant]
  description    = each.value.description
  tags           = local.tag_names
}

resource "onprem_netbox_vlan" "this" {
  for_each = var.vlans

  vid         = each.value.vid
  name        = each.key
  status      = each.value.status
  group_id    = each.value.group_id
  site_id     = each.value.site_id
  tenant_id   = each.value.tenant == null ? null : local.tenant_ids[each.value.tenant]
  description = each.value.description
  tags        = local.tag_names
}

resource "onprem_netbox_prefix" "this" {
  for_each = local.prefixes

  prefix      = each.value.prefix
  vrf_id      = each.value.vrf == null ? null : local.vrf_ids[each.value.vrf]
  vlan_id     = each.value.vlan == null ? null : local.vlan_ids[each.value.vlan]
  tenant_id   = each.value.tenant == null ? null : local.tenant_ids[each.value.tenant]
  status      = each.value.status
  is_pool     = each.value.is_pool
  scope_type  = each.value.site_id == null ? null : "dcim.site"
  scope_id    = each.value.site_id
  description = each.value.description
  tags        = local.tag_names
}

resource "onprem_netbox_ip_range" "this" {
  for_each = var.ip_ranges

  start_address  = each.value.start_address
  end_address    = each.value.end_address
  vrf_id         = each.value.vrf == null ? null : local.vrf_ids[each.value.vrf]
  tenant_id      = each.value.tenant == null ? null : local.tenant_ids[each.value.tenant]
  status         = each.value.status
  mark_populated = each.value.mark_populated
  description    = coalesce(each.value.description, each.key)
  tags           = local.tag_names
}

resource "onprem_netbox_ip_address" "reserved" {
  for_each = local.reserved

  address     = "${each.value.ip}/${local.prefixes[each.value.network].length}"
  vrf_id      = onprem_netbox_prefix.this[each.value.network].vrf_id
  tenant_id   = onprem_netbox_prefix.this[each.value.network].tenant_id
  dns_name    = each.value.dns_name
  description = each.value.description
  tags        = local.tag_names
}
