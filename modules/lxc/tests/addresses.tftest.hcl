# The provider is mocked: these tests need neither Proxmox VE nor NetBox.
mock_provider "onprem" {}

variables {
  node      = "pve1"
  templates = { alpine = "local:vztmpl/alpine-3.22.tar.zst" }

  # Terraform's tests want a value for an ephemeral variable even where it has a default.
  password = "only-a-test"

  lxc_configs = [
    { hostname = "dns-01", template = "alpine", vm_id = 9200 },
  ]
}

run "an_address_comes_from_netbox" {
  variables {
    prefixes     = { "10.20.0.0/24" = 7, "10.20.0.0/24@blue" = 8 }
    address_tags = ["lab"]

    lxc_configs = [
      {
        hostname     = "dns-01"
        template     = "alpine"
        vm_id        = 9200
        dns_domain   = "Example.com"
        address_from = { prefix = "10.20.0.0/24", gateway = "10.20.0.1", tags = ["web"], tenant_id = 3 }
        firewall     = {}
      },
      { hostname = "dns-02", template = "alpine", address_from = { prefix = "10.20.0.0/24", vrf = "blue", description = "Shop" } },
      { hostname = "dns-03", template = "alpine", ip_address = "10.20.0.11/24" },
    ]
  }

  override_resource {
    target = onprem_netbox_ip_address.this
    values = { address = "10.20.0.5/24" }
  }

  assert {
    condition     = toset(keys(onprem_netbox_ip_address.this)) == toset(["dns-01@10.20.0.0/24", "dns-02@10.20.0.0/24@blue"])
    error_message = "not exactly those have an address of NetBox that ask for one"
  }

  assert {
    condition = alltrue([
      onprem_netbox_ip_address.this["dns-01@10.20.0.0/24"].prefix_id == 7,
      onprem_netbox_ip_address.this["dns-01@10.20.0.0/24"].dns_name == "dns-01.example.com",
      onprem_netbox_ip_address.this["dns-01@10.20.0.0/24"].description == "Container dns-01",
      onprem_netbox_ip_address.this["dns-01@10.20.0.0/24"].tags == toset(["lab", "web"]),
      onprem_netbox_ip_address.this["dns-01@10.20.0.0/24"].tenant_id == 3,
      onprem_netbox_ip_address.this["dns-02@10.20.0.0/24@blue"].prefix_id == 8,
      onprem_netbox_ip_address.this["dns-02@10.20.0.0/24@blue"].dns_name == "dns-02",
      onprem_netbox_ip_address.this["dns-02@10.20.0.0/24@blue"].description == "Shop",
      onprem_netbox_ip_address.this["dns-02@10.20.0.0/24@blue"].tags == toset(["lab"]),
    ])
    error_message = "the address is another prefix's, or does not say whose it is"
  }

  assert {
    condition = alltrue([
      onprem_proxmox_container.this["dns-01"].network["net0"].ipv4_address == "10.20.0.5/24",
      onprem_proxmox_container.this["dns-01"].network["net0"].ipv4_gateway == "10.20.0.1",
      onprem_proxmox_container.this["dns-02"].network["net0"].ipv4_address == "10.20.0.5/24",
      local.gateways["dns-02"] == null,
      onprem_proxmox_container.this["dns-03"].network["net0"].ipv4_address == "10.20.0.11/24",
    ])
    error_message = "a container does not have the address that NetBox gave it"
  }

  assert {
    condition     = output.ip_address == { "dns-01" = "10.20.0.5", "dns-02" = "10.20.0.5", "dns-03" = "10.20.0.11" }
    error_message = "an address is not there without its prefix length"
  }

  assert {
    condition     = onprem_proxmox_firewall_options.this["dns-01"].dhcp == false
    error_message = "DHCP gets through where NetBox gives the address"
  }

  assert {
    condition     = length(data.onprem_netbox_prefix.this) == 0 && length(data.onprem_netbox_vrf.this) == 0
    error_message = "NetBox is asked for a number that is known"
  }
}

run "a_prefix_is_looked_up" {
  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", address_from = { prefix = "10.20.0.0/24" } },
      { hostname = "dns-02", template = "alpine", address_from = { prefix = "10.20.0.0/24" } },
      { hostname = "dns-03", template = "alpine", address_from = { prefix = "10.20.0.0/24", vrf = "blue" } },
    ]
  }

  override_data {
    target = data.onprem_netbox_vrf.this
    values = { id = 3 }
  }
  override_data {
    target = data.onprem_netbox_prefix.this
    values = { id = 9 }
  }
  override_resource {
    target = onprem_netbox_ip_address.this
    values = { address = "10.20.0.5/24" }
  }

  assert {
    condition     = toset(keys(data.onprem_netbox_prefix.this)) == toset(["10.20.0.0/24", "10.20.0.0/24@blue"])
    error_message = "a prefix is not asked for once"
  }

  assert {
    condition = alltrue([
      data.onprem_netbox_prefix.this["10.20.0.0/24"].prefix == "10.20.0.0/24",
      data.onprem_netbox_prefix.this["10.20.0.0/24@blue"].vrf_id == 3,
      onprem_netbox_ip_address.this["dns-03@10.20.0.0/24@blue"].prefix_id == 9,
    ])
    error_message = "another prefix is asked for, or another number used"
  }
}

run "without_netbox_nothing_of_it_is_there" {
  command = plan

  assert {
    condition     = length(onprem_netbox_ip_address.this) == 0 && length(data.onprem_netbox_prefix.this) == 0
    error_message = "NetBox is needed by those who do not use it"
  }
}

run "an_address_of_both_kinds_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", ip_address = "10.20.0.11/24", address_from = { prefix = "10.20.0.0/24" } },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "dhcp_beside_an_address_of_netbox_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", ip_address = "dhcp", address_from = { prefix = "10.20.0.0/24" } },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "a_gateway_beside_an_address_of_netbox_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", gateway = "10.20.0.1", address_from = { prefix = "10.20.0.0/24" } },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "an_address_of_no_network_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", address_from = { prefix = "10.20.0.5/24" } },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "an_address_of_ipv6_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", address_from = { prefix = "2001:db8::/64" } },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "a_gateway_outside_the_prefix_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", address_from = { prefix = "10.20.0.0/24", gateway = "10.20.1.1" } },
    ]
  }

  expect_failures = [var.lxc_configs]
}
