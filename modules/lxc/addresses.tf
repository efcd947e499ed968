# Addresses that NetBox gives out. Without them nothing here asks NetBox, and no netbox block is needed.
locals {
  # By hostname and network: an address stays where it was taken, so another network is another address.
  address_sources = {
    for container in var.lxc_configs : "${container.hostname}@${join("@", compact([container.address_from.prefix, container.address_from.vrf]))}" => merge(
      container.address_from,
      {
        guest       = container.hostname
        network     = join("@", compact([container.address_from.prefix, container.address_from.vrf]))
        dns_name    = lower(join(".", compact([container.hostname, container.dns_domain])))
        description = coalesce(container.address_from.description, "Container ${container.hostname}")
      },
    ) if container.address_from != null
  }

  # Networks whose number nobody said.
  networks_to_find = {
    for source in values(local.address_sources) :
    source.network => source... if !contains(keys(var.prefixes), source.network)
  }

  netbox_addresses = {
    for key, source in local.address_sources : source.guest => onprem_netbox_ip_address.this[key].address
  }

  # What each container is told: an address with its prefix length, or `dhcp`.
  ip_addresses = {
    for container in var.lxc_configs : container.hostname => container.address_from == null ? coalesce(
      container.ip_address, "dhcp"
    ) : local.netbox_addresses[container.hostname]
  }
  gateways = {
    for container in var.lxc_configs : container.hostname => container.address_from == null ? container.gateway : container.address_from.gateway
  }

  # Known in every plan, which an address of NetBox is not.
  asks_dhcp = {
    for container in var.lxc_configs : container.hostname => container.address_from == null && coalesce(container.ip_address, "dhcp") == "dhcp"
  }
}

data "onprem_netbox_vrf" "this" {
  for_each = toset(compact([for sources in values(local.networks_to_find) : sources[0].vrf]))

  name = each.key
}

data "onprem_netbox_prefix" "this" {
  for_each = local.networks_to_find

  prefix = each.value[0].prefix
  vrf_id = each.value[0].vrf == null ? null : data.onprem_netbox_vrf.this[each.value[0].vrf].id
}

resource "onprem_netbox_ip_address" "this" {
  for_each = local.address_sources

  prefix_id = (
    contains(keys(var.prefixes), each.value.network)
    ? var.prefixes[each.value.network]
    : data.onprem_netbox_prefix.this[each.value.network].id
  )
  dns_name    = each.value.dns_name
  description = each.value.description
  tenant_id   = each.value.tenant_id
  tags        = setunion(var.address_tags, each.value.tags)

  # Freed when the container no longer has it, whether it goes or gets another one.
  lifecycle {
    create_before_destroy = true
  }
}
