# A validation of the variable could only name those who break a rule by saying the rule twice. So a rule stands here,
# with its message, and the output gateways refuses all mistakes at once: it waits for nothing in NetBox, and no guest
# is made before it.
locals {
  mistakes = flatten([
    [
      for name, guest in var.guests : [
        for rule, kept in {
          "the ip_address must be an IPv4 address with its prefix length, such as 10.20.0.11/24, or dhcp" = (
            guest.ip_address == null || guest.ip_address == "dhcp" || can(
              regex("^[0-9.]+/[0-9]+$", guest.ip_address)
            ) && can(cidrhost(guest.ip_address, 0))
          )
          "the ip_address must be its own and no other's" = (
            length(try(local.holders[split("/", guest.ip_address)[0]], [])) <= 1
          )
          # Not where the ip_address itself is the mistake.
          "the gateway must be an address in the network of a static ip_address" = (
            guest.gateway == null || guest.address_from != null || try(
              cidrhost("${guest.gateway}/${split("/", guest.ip_address)[1]}", 0) == cidrhost(guest.ip_address, 0),
              coalesce(guest.ip_address, "dhcp") != "dhcp" && !can(cidrhost(guest.ip_address, 0))
            )
          )
          "the address_from must be without an ip_address and a gateway beside it: its own gateway is in it" = (
            guest.address_from == null || guest.ip_address == null && guest.gateway == null
          )
        } : "${name}: ${rule}." if !kept
      ]
    ],
    [
      for name, from in local.taken_from : [
        for rule, kept in {
          "the address_from must have a prefix or an ip_range, one of the two" = (
            (from.prefix == null) != (from.ip_range == null)
          )
          "the prefix of the address_from must be an IPv4 network, such as 10.20.0.0/24" = from.prefix == null || try(
            cidrhost(from.prefix, 0) == split("/", from.prefix)[0] && can(regex("^[0-9.]+/[0-9]+$", from.prefix)), false
          )
          "the gateway of the address_from must be an address in its prefix" = (
            from.prefix == null || from.gateway == null || try(
              cidrhost("${from.gateway}/${split("/", from.prefix)[1]}", 0) == cidrhost(from.prefix, 0), false
            )
          )
          "the vrf of the address_from must be beside a prefix: an ip_range is in its own" = (
            from.vrf == null || from.ip_range == null
          )
          "the ip_range of the address_from must be a key of ip_ranges" = from.ip_range == null || try(
            contains(keys(var.ip_ranges), from.ip_range), false
          )
        } : "${name}: ${rule}." if !kept
      ]
    ],
  ])

  # By static address, without its prefix length.
  holders = {
    for name, guest in var.guests : split("/", guest.ip_address)[0] => name...
    if guest.ip_address != null && guest.ip_address != "dhcp"
  }
}
