locals {
  taken_from = { for name, guest in var.guests : name => guest.address_from if guest.address_from != null }

  # By name and place: an address stays where it was taken, so another network is another address. Range 0 is that of
  # a mistake, which has its message.
  requests = {
    for name, from in local.taken_from : join("@", compact([name, from.prefix, from.vrf, from.ip_range])) => {
      guest       = name
      network     = join("@", compact([from.prefix, from.vrf]))
      prefix      = from.prefix
      vrf         = from.vrf
      ip_range_id = from.prefix != null ? null : lookup(var.ip_ranges, coalesce(from.ip_range, "none"), 0)
      gateway     = from.gateway
      dns_name    = lower(join(".", compact([name, var.guests[name].dns_domain])))
      description = coalesce(from.description, "${var.kind} ${name}")
      tenant_id   = from.tenant_id
      tags        = setunion(var.tags, from.tags)
    }
  }

  # Networks whose number nobody said.
  networks_to_find = {
    for request in values(local.requests) : request.network => request...
    if request.prefix != null && !contains(keys(var.prefixes), request.network)
  }

  netbox_addresses = {
    for key, request in local.requests : request.guest => onprem_netbox_ip_address.this[key].address
  }
}

data "onprem_netbox_vrf" "this" {
  for_each = toset(compact([for requests in values(local.networks_to_find) : requests[0].vrf]))

  name = each.key
}

data "onprem_netbox_prefix" "this" {
  for_each = local.networks_to_find

  prefix = each.value[0].prefix
  vrf_id = each.value[0].vrf == null ? null : data.onprem_netbox_vrf.this[each.value[0].vrf].id
}

resource "onprem_netbox_ip_address" "this" {
  for_each = local.requests

  prefix_id = each.value.prefix == null ? null : (
    contains(keys(local.networks_to_find), each.value.network)
    ? data.onprem_netbox_prefix.this[each.value.network].id
    : var.prefixes[each.value.network]
  )
  ip_range_id = each.value.ip_range_id
  dns_name    = each.value.dns_name
  description = each.value.description
  tenant_id   = each.value.tenant_id
  tags        = each.value.tags

  lifecycle {
    # Freed when the guest no longer has it, whether it goes or gets another one.
    create_before_destroy = true

    # What network a range is in is known by its addresses alone.
    postcondition {
      condition = each.value.gateway == null || try(
        cidrhost("${each.value.gateway}/${split("/", self.address)[1]}", 0) == cidrhost(self.address, 0), false
      )
      error_message = "${each.value.guest}: the gateway ${coalesce(each.value.gateway, "null")} is not in the network of the address ${self.address}."
    }
  }
}
