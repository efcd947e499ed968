# The provider is mocked: these tests need no NetBox.
mock_provider "onprem" {
  mock_resource "onprem_netbox_tag" {
    defaults = { id = 1 }
  }
  mock_resource "onprem_netbox_tenant" {
    defaults = { id = 2 }
  }
  mock_resource "onprem_netbox_vrf" {
    defaults = { id = 3 }
  }
  mock_resource "onprem_netbox_vlan" {
    defaults = { id = 4 }
  }
  mock_resource "onprem_netbox_prefix" {
    defaults = { id = 5 }
  }
  mock_resource "onprem_netbox_ip_range" {
    defaults = { id = 6 }
  }
}

variables {
  tags    = { prod = { color = "2f6a31" }, web = {} }
  tenants = { operations = { description = "Operations" } }
  vrfs    = { blue = { rd = "65000:1", tenant = "operations" } }
  vlans   = { servers = { vid = 20, tenant = "operations" } }

  prefixes = {
    "10.20.0.0/24" = {
      vlan     = "servers"
      tenant   = "operations"
      gateway  = "10.20.0.1"
      reserved = { "10.20.0.53" = { dns_name = "dns-01", description = "Name server" } }
    }
    "10.20.0.0/24@blue" = { gateway = "10.20.0.1", status = "container" }
    "2001:db8:20::/64"  = { gateway = "2001:db8:20::1" }
  }

  ip_ranges = {
    dhcp = { start_address = "10.20.0.200/24", end_address = "10.20.0.250/24", mark_populated = true }
  }
}

run "outputs" {
  assert {
    condition = alltrue([
      output.tag_id == { prod = 1, web = 1 },
      output.tags == toset(["prod", "web"]),
      output.tenant_id == { operations = 2 },
      output.vrf_id == { blue = 3 },
      output.vlan_id == { servers = 4 },
      output.vid == { servers = 20 },
      output.prefix_id == { "10.20.0.0/24" = 5, "10.20.0.0/24@blue" = 5, "2001:db8:20::/64" = 5 },
      output.ip_range_id == { dhcp = 6 },
    ])
    error_message = "an output is not by name"
  }
}

run "what_belongs_together_does" {
  assert {
    condition = alltrue([
      onprem_netbox_vlan.this["servers"].tenant_id == 2,
      onprem_netbox_vrf.this["blue"].tenant_id == 2,
      onprem_netbox_prefix.this["10.20.0.0/24"].prefix == "10.20.0.0/24",
      onprem_netbox_prefix.this["10.20.0.0/24"].vlan_id == 4,
      onprem_netbox_prefix.this["10.20.0.0/24"].tenant_id == 2,
      onprem_netbox_prefix.this["10.20.0.0/24@blue"].prefix == "10.20.0.0/24",
      onprem_netbox_prefix.this["10.20.0.0/24@blue"].vrf_id == 3,
      onprem_netbox_prefix.this["10.20.0.0/24@blue"].status == "container",
    ])
    error_message = "a tenant, VLAN or VRF is another one"
  }

  assert {
    condition = alltrue([
      for tagged in [
        onprem_netbox_tenant.this["operations"], onprem_netbox_vrf.this["blue"], onprem_netbox_vlan.this["servers"],
        onprem_netbox_prefix.this["2001:db8:20::/64"], onprem_netbox_ip_range.this["dhcp"],
        onprem_netbox_ip_address.reserved["10.20.0.53@10.20.0.0/24"],
      ] : tagged.tags == toset(["prod", "web"])
    ])
    error_message = "something does not have the tags"
  }
}

run "gateways_and_reserved_addresses_are_taken" {
  assert {
    condition = { for key, address in onprem_netbox_ip_address.reserved : key => address.address } == {
      "10.20.0.1@10.20.0.0/24"          = "10.20.0.1/24"
      "10.20.0.1@10.20.0.0/24@blue"     = "10.20.0.1/24"
      "10.20.0.53@10.20.0.0/24"         = "10.20.0.53/24"
      "2001:db8:20::1@2001:db8:20::/64" = "2001:db8:20::1/64"
    }
    error_message = "an address could be given to somebody else"
  }

  assert {
    condition = alltrue([
      onprem_netbox_ip_address.reserved["10.20.0.1@10.20.0.0/24@blue"].vrf_id == 3,
      onprem_netbox_ip_address.reserved["10.20.0.1@10.20.0.0/24@blue"].description == "Gateway",
      onprem_netbox_ip_address.reserved["10.20.0.53@10.20.0.0/24"].dns_name == "dns-01",
      onprem_netbox_ip_address.reserved["10.20.0.53@10.20.0.0/24"].description == "Name server",
    ])
    error_message = "an address does not say where it is and whose"
  }
}

run "a_range_has_its_name_for_a_description" {
  command = plan

  assert {
    condition     = onprem_netbox_ip_range.this["dhcp"].description == "dhcp" && onprem_netbox_ip_range.this["dhcp"].mark_populated
    error_message = "the range is not what was asked for"
  }
}

run "what_is_there_already_is_used" {
  command = plan

  variables {
    tenants    = {}
    vrfs       = {}
    vlans      = {}
    tenant_ids = { operations = 12 }
    vrf_ids    = { blue = 13 }
    vlan_ids   = { servers = 14 }
  }

  assert {
    condition = alltrue([
      onprem_netbox_prefix.this["10.20.0.0/24"].tenant_id == 12,
      onprem_netbox_prefix.this["10.20.0.0/24"].vlan_id == 14,
      onprem_netbox_prefix.this["10.20.0.0/24@blue"].vrf_id == 13,
    ])
    error_message = "the numbers are others"
  }
}

run "nothing_is_no_error" {
  command = plan

  variables {
    tags      = {}
    tenants   = {}
    vrfs      = {}
    vlans     = {}
    prefixes  = {}
    ip_ranges = {}
  }

  assert {
    condition     = length(output.prefix_id) == 0 && length(output.tags) == 0
    error_message = "there is something that nobody asked for"
  }
}

run "a_prefix_that_is_none_is_refused" {
  command = plan

  variables {
    prefixes = { "10.20.0.0" = {} }
  }

  expect_failures = [var.prefixes]
}

run "an_address_for_a_prefix_is_refused" {
  command = plan

  variables {
    prefixes = { "10.20.0.1/24" = {} }
  }

  expect_failures = [var.prefixes]
}

run "a_vrf_that_is_not_there_is_refused" {
  command = plan

  variables {
    prefixes = { "10.20.0.0/24@red" = {} }
  }

  expect_failures = [var.prefixes]
}

run "a_vlan_that_is_not_there_is_refused" {
  command = plan

  variables {
    prefixes = { "10.20.0.0/24" = { vlan = "storage" } }
  }

  expect_failures = [var.prefixes]
}

run "a_tenant_that_is_not_there_is_refused" {
  command = plan

  variables {
    prefixes = { "10.20.0.0/24" = { tenant = "sales" } }
  }

  expect_failures = [var.prefixes]
}

run "another_status_is_refused" {
  command = plan

  variables {
    prefixes = { "10.20.0.0/24" = { status = "Active" } }
  }

  expect_failures = [var.prefixes]
}

run "a_gateway_in_another_network_is_refused" {
  command = plan

  variables {
    prefixes = { "10.20.0.0/24" = { gateway = "10.20.1.1" } }
  }

  expect_failures = [var.prefixes]
}

run "a_reserved_address_with_a_length_is_refused" {
  command = plan

  variables {
    prefixes = { "10.20.0.0/24" = { reserved = { "10.20.0.53/24" = {} } } }
  }

  expect_failures = [var.prefixes]
}

run "a_gateway_that_is_reserved_twice_is_refused" {
  command = plan

  variables {
    prefixes = { "10.20.0.0/24" = { gateway = "10.20.0.1", reserved = { "10.20.0.1" = {} } } }
  }

  expect_failures = [var.prefixes]
}

run "a_range_in_two_networks_is_refused" {
  command = plan

  variables {
    ip_ranges = { dhcp = { start_address = "10.20.0.200/24", end_address = "10.20.1.10/24" } }
  }

  expect_failures = [var.ip_ranges]
}

run "a_range_in_a_vrf_that_is_not_there_is_refused" {
  command = plan

  variables {
    ip_ranges = { dhcp = { start_address = "10.20.0.200/24", end_address = "10.20.0.250/24", vrf = "red" } }
  }

  expect_failures = [var.ip_ranges]
}

run "a_vid_that_is_too_large_is_refused" {
  command = plan

  variables {
    vlans = { servers = { vid = 4095 } }
  }

  expect_failures = [var.vlans]
}

run "a_vrf_with_an_at_is_refused" {
  command = plan

  variables {
    vrfs     = { "blue@site" = {} }
    prefixes = {}
  }

  expect_failures = [var.vrfs]
}

run "a_vrf_that_is_made_and_there_is_refused" {
  command = plan

  variables {
    vrf_ids = { blue = 13 }
  }

  expect_failures = [var.vrfs]
}

run "a_vlan_that_is_made_and_there_is_refused" {
  command = plan

  variables {
    vlan_ids = { servers = 14 }
  }

  expect_failures = [var.vlans]
}

run "a_tenant_that_is_made_and_there_is_refused" {
  command = plan

  variables {
    tenant_ids = { operations = 12 }
  }

  expect_failures = [var.tenants]
}

run "a_slug_with_a_space_is_refused" {
  command = plan

  variables {
    tags = { prod = { slug = "the prod" } }
  }

  expect_failures = [var.tags]
}

run "a_colour_that_is_none_is_refused" {
  command = plan

  variables {
    tags = { prod = { color = "green" } }
  }

  expect_failures = [var.tags]
}
