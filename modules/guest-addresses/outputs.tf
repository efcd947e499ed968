output "ip_addresses" {
  description = "What each guest is told, by name: an address with its prefix length, or `dhcp`."
  value = {
    for name, guest in var.guests : name => (
      guest.address_from == null ? coalesce(guest.ip_address, "dhcp") : local.netbox_addresses[name]
    )
  }
}

output "gateways" {
  description = "The way out of each guest's network, by name. Null where it has none, or where DHCP says it."
  value = {
    for name, guest in var.guests : name => guest.address_from == null ? guest.gateway : guest.address_from.gateway
  }

  precondition {
    condition     = length(local.mistakes) == 0
    error_message = join("\n", local.mistakes)
  }
}

output "asks_dhcp" {
  description = "Whether each guest asks DHCP for its address, by name. Known in every plan, which an address of NetBox is not."
  value = {
    for name, guest in var.guests : name => guest.address_from == null && coalesce(guest.ip_address, "dhcp") == "dhcp"
  }
}
