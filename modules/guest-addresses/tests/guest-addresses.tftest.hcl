# The provider is mocked: these tests need no NetBox.
mock_provider "onprem" {
  mock_resource "onprem_netbox_ip_address" {
    defaults = { address = "10.20.0.5/24" }
  }
}

variables {
  kind = "VM"

  guests = {
    "web-01" = { ip_address = "10.20.0.11/24", gateway = "10.20.0.1" }
    "web-02" = { ip_address = "dhcp" }
    "web-03" = {}
  }
}

run "an_address_is_given_or_dhcp_has_it" {
  command = plan

  assert {
    condition     = output.ip_addresses == { "web-01" = "10.20.0.11/24", "web-02" = "dhcp", "web-03" = "dhcp" }
    error_message = "a guest is told another address"
  }

  assert {
    condition     = output.gateways["web-01"] == "10.20.0.1" && output.gateways["web-03"] == null
    error_message = "a guest is told another gateway"
  }

  assert {
    condition     = output.asks_dhcp == { "web-01" = false, "web-02" = true, "web-03" = true }
    error_message = "not exactly those ask DHCP that have no address"
  }

  assert {
    condition = alltrue([
      length(onprem_netbox_ip_address.this) == 0,
      length(data.onprem_netbox_prefix.this) == 0,
      length(data.onprem_netbox_vrf.this) == 0,
    ])
    error_message = "NetBox is needed by those who do not use it"
  }
}

run "netbox_gives_addresses" {
  variables {
    prefixes  = { "10.20.0.0/24" = 7, "10.20.0.0/24@blue" = 8 }
    ip_ranges = { shops = 4 }
    tags      = ["lab"]

    guests = {
      "web-01" = {
        dns_domain   = "Example.com"
        address_from = { prefix = "10.20.0.0/24", gateway = "10.20.0.1", tags = ["web"], tenant_id = 3 }
      }
      "web-02" = { address_from = { prefix = "10.20.0.0/24", vrf = "blue", description = "Shop" } }
      "web-03" = { address_from = { ip_range = "shops", gateway = "10.20.0.1" } }
      "web-04" = { ip_address = "10.20.0.11/24" }
    }
  }

  assert {
    condition = toset(keys(onprem_netbox_ip_address.this)) == toset([
      "web-01@10.20.0.0/24", "web-02@10.20.0.0/24@blue", "web-03@shops",
    ])
    error_message = "not exactly those have an address of NetBox that ask for one"
  }

  assert {
    condition = alltrue([
      onprem_netbox_ip_address.this["web-01@10.20.0.0/24"].prefix_id == 7,
      onprem_netbox_ip_address.this["web-02@10.20.0.0/24@blue"].prefix_id == 8,
      onprem_netbox_ip_address.this["web-03@shops"].prefix_id == null,
      onprem_netbox_ip_address.this["web-03@shops"].ip_range_id == 4,
      onprem_netbox_ip_address.this["web-01@10.20.0.0/24"].ip_range_id == null,
    ])
    error_message = "the address is that of another prefix or range"
  }

  assert {
    condition = alltrue([
      onprem_netbox_ip_address.this["web-01@10.20.0.0/24"].dns_name == "web-01.example.com",
      onprem_netbox_ip_address.this["web-01@10.20.0.0/24"].description == "VM web-01",
      onprem_netbox_ip_address.this["web-01@10.20.0.0/24"].tags == toset(["lab", "web"]),
      onprem_netbox_ip_address.this["web-01@10.20.0.0/24"].tenant_id == 3,
      onprem_netbox_ip_address.this["web-02@10.20.0.0/24@blue"].dns_name == "web-02",
      onprem_netbox_ip_address.this["web-02@10.20.0.0/24@blue"].description == "Shop",
      onprem_netbox_ip_address.this["web-02@10.20.0.0/24@blue"].tags == toset(["lab"]),
    ])
    error_message = "the address does not say whose it is"
  }

  assert {
    condition = output.ip_addresses == {
      "web-01" = "10.20.0.5/24", "web-02" = "10.20.0.5/24", "web-03" = "10.20.0.5/24", "web-04" = "10.20.0.11/24"
    }
    error_message = "a guest is not told the address that NetBox gave it"
  }

  assert {
    condition     = [for name in ["web-01", "web-03"] : output.gateways[name]] == ["10.20.0.1", "10.20.0.1"] && output.gateways["web-02"] == null
    error_message = "a guest is not told the gateway of its address_from"
  }

  assert {
    condition     = !anytrue(values(output.asks_dhcp))
    error_message = "DHCP is asked by those who have an address"
  }

  assert {
    condition     = length(data.onprem_netbox_prefix.this) == 0 && length(data.onprem_netbox_vrf.this) == 0
    error_message = "NetBox is asked for a number that is known"
  }
}

run "who_asks_dhcp_is_known_before_the_addresses" {
  command = plan

  variables {
    prefixes = { "10.30.0.0/24" = 9 }
    guests = {
      "app-01" = { address_from = { prefix = "10.30.0.0/24", gateway = "10.30.0.1" } }
      "app-02" = {}
    }
  }

  assert {
    condition     = output.asks_dhcp == { "app-01" = false, "app-02" = true }
    error_message = "a plan does not know who asks DHCP"
  }
}

run "a_prefix_is_looked_up" {
  variables {
    guests = {
      "web-01" = { address_from = { prefix = "10.20.0.0/24" } }
      "web-02" = { address_from = { prefix = "10.20.0.0/24" } }
      "web-03" = { address_from = { prefix = "10.20.0.0/24", vrf = "blue" } }
    }
  }

  override_data {
    target = data.onprem_netbox_vrf.this
    values = { id = 3 }
  }
  override_data {
    target = data.onprem_netbox_prefix.this
    values = { id = 9 }
  }

  assert {
    condition     = toset(keys(data.onprem_netbox_prefix.this)) == toset(["10.20.0.0/24", "10.20.0.0/24@blue"])
    error_message = "a prefix is not asked for once"
  }

  assert {
    condition = alltrue([
      data.onprem_netbox_prefix.this["10.20.0.0/24"].prefix == "10.20.0.0/24",
      data.onprem_netbox_prefix.this["10.20.0.0/24@blue"].vrf_id == 3,
      onprem_netbox_ip_address.this["web-03@10.20.0.0/24@blue"].prefix_id == 9,
    ])
    error_message = "another prefix is asked for, or another number used"
  }
}

run "no_guest_is_no_error" {
  command = plan

  variables {
    guests = {}
  }

  assert {
    condition     = length(output.ip_addresses) == 0 && length(output.gateways) == 0 && length(output.asks_dhcp) == 0
    error_message = "there is a guest that nobody named"
  }
}

run "a_mistake_names_its_guest" {
  command = plan

  variables {
    guests = {
      "web-01" = { ip_address = "10.20.0.11" }
      "web-02" = { ip_address = "10.20.0.12/24" }
      "web-03" = { address_from = { prefix = "10.20.0.0/24", gateway = "10.20.1.1" } }
    }
  }

  assert {
    condition = local.mistakes == [
      "web-01: the ip_address must be an IPv4 address with its prefix length, such as 10.20.0.11/24, or dhcp.",
      "web-03: the gateway of the address_from must be an address in its prefix.",
    ]
    error_message = "it is not those guests that are named"
  }

  expect_failures = [output.gateways]
}

run "mistakes_in_a_given_address_are_refused" {
  command = plan

  variables {
    guests = {
      without-length  = { ip_address = "10.20.0.11" }
      no-address      = { ip_address = "10.20.0.256/24", gateway = "10.20.0.1" }
      of-ipv6         = { ip_address = "2001:db8::11/64" }
      there-twice-1   = { ip_address = "10.20.0.12/24" }
      there-twice-2   = { ip_address = "10.20.0.12/16" }
      gateway-outside = { ip_address = "10.20.0.13/24", gateway = "10.20.1.1" }
      gateway-of-dhcp = { gateway = "10.20.0.1" }
      gateway-is-none = { ip_address = "10.20.0.14/24", gateway = "10.20.0.256" }
    }
  }

  # Each of them once: one mistake is one message.
  assert {
    condition     = sort([for mistake in local.mistakes : split(":", mistake)[0]]) == keys(var.guests)
    error_message = "not each of them is refused, or not by one rule alone"
  }

  expect_failures = [output.gateways]
}

run "mistakes_in_address_from_are_refused" {
  command = plan

  variables {
    prefixes  = { "10.20.0.0/24" = 7, "10.20.0.5/24" = 8, "2001:db8::/64" = 9 }
    ip_ranges = { shops = 4 }

    guests = {
      beside-an-address = { ip_address = "10.20.0.11/24", address_from = { prefix = "10.20.0.0/24" } }
      beside-a-gateway  = { gateway = "10.20.0.1", address_from = { prefix = "10.20.0.0/24" } }
      beside-dhcp       = { ip_address = "dhcp", address_from = { prefix = "10.20.0.0/24" } }
      from-nowhere      = { address_from = { gateway = "10.20.0.1" } }
      from-two-places   = { address_from = { prefix = "10.20.0.0/24", ip_range = "shops" } }
      gateway-outside   = { address_from = { prefix = "10.20.0.0/24", gateway = "10.20.1.1" } }
      of-ipv6           = { address_from = { prefix = "2001:db8::/64" } }
      of-no-network     = { address_from = { prefix = "10.20.0.5/24" } }
      range-of-a-vrf    = { address_from = { ip_range = "shops", vrf = "blue" } }
      range-of-no-name  = { address_from = { ip_range = "offices" } }
    }
  }

  assert {
    condition     = sort([for mistake in local.mistakes : split(":", mistake)[0]]) == keys(var.guests)
    error_message = "not each of them is refused, or not by one rule alone"
  }

  expect_failures = [output.gateways]
}

run "a_gateway_outside_the_network_of_a_range_is_refused" {
  variables {
    ip_ranges = { shops = 4 }
    guests    = { "web-01" = { address_from = { ip_range = "shops", gateway = "10.20.1.1" } } }
  }

  expect_failures = [onprem_netbox_ip_address.this["web-01@shops"]]
}
