# The provider is mocked: these tests need neither Proxmox VE nor NetBox.
mock_provider "onprem" {
  mock_resource "onprem_proxmox_cloud_init" {
    defaults = { volume_id = "local:iso/cloud-init.iso" }
  }
}

variables {
  node      = "pve1"
  templates = { ubuntu22 = 9000 }

  vm_configs = [
    { name = "web-01", template = "ubuntu22", vm_id = 9100 },
  ]
}

run "an_address_comes_from_netbox" {
  variables {
    prefixes     = { "10.20.0.0/24" = 7, "10.20.0.0/24@blue" = 8 }
    address_tags = ["lab"]

    vm_configs = [
      {
        name         = "web-01"
        template     = "ubuntu22"
        vm_id        = 9100
        dns_domain   = "Example.com"
        address_from = { prefix = "10.20.0.0/24", gateway = "10.20.0.1", tags = ["web"], tenant_id = 3 }
        firewall     = {}
      },
      { name = "web-02", template = "ubuntu22", address_from = { prefix = "10.20.0.0/24", vrf = "blue", description = "Shop" } },
      { name = "web-03", template = "ubuntu22", ip_address = "10.20.0.11/24" },
    ]
  }

  override_resource {
    target = onprem_netbox_ip_address.this
    values = { address = "10.20.0.5/24" }
  }

  assert {
    condition     = toset(keys(onprem_netbox_ip_address.this)) == toset(["web-01@10.20.0.0/24", "web-02@10.20.0.0/24@blue"])
    error_message = "not exactly those have an address of NetBox that ask for one"
  }

  assert {
    condition = alltrue([
      onprem_netbox_ip_address.this["web-01@10.20.0.0/24"].prefix_id == 7,
      onprem_netbox_ip_address.this["web-01@10.20.0.0/24"].dns_name == "web-01.example.com",
      onprem_netbox_ip_address.this["web-01@10.20.0.0/24"].description == "VM web-01",
      onprem_netbox_ip_address.this["web-01@10.20.0.0/24"].tags == toset(["lab", "web"]),
      onprem_netbox_ip_address.this["web-01@10.20.0.0/24"].tenant_id == 3,
      onprem_netbox_ip_address.this["web-02@10.20.0.0/24@blue"].prefix_id == 8,
      onprem_netbox_ip_address.this["web-02@10.20.0.0/24@blue"].dns_name == "web-02",
      onprem_netbox_ip_address.this["web-02@10.20.0.0/24@blue"].description == "Shop",
      onprem_netbox_ip_address.this["web-02@10.20.0.0/24@blue"].tags == toset(["lab"]),
    ])
    error_message = "the address is another prefix's, or does not say whose it is"
  }

  assert {
    condition = alltrue([
      onprem_proxmox_vm.this["web-01"].cloud_init.ip_config.net0.ipv4.address == "10.20.0.5/24",
      onprem_proxmox_vm.this["web-01"].cloud_init.ip_config.net0.ipv4.gateway == "10.20.0.1",
      onprem_proxmox_vm.this["web-02"].cloud_init.ip_config.net0.ipv4.address == "10.20.0.5/24",
      local.gateways["web-02"] == null,
      onprem_proxmox_vm.this["web-03"].cloud_init.ip_config.net0.ipv4.address == "10.20.0.11/24",
    ])
    error_message = "a VM does not have the address that NetBox gave it"
  }

  assert {
    condition     = output.ip_address == { "web-01" = "10.20.0.5", "web-02" = "10.20.0.5", "web-03" = "10.20.0.11" }
    error_message = "an address is not there without its prefix length"
  }

  assert {
    condition     = onprem_proxmox_firewall_options.this["web-01"].dhcp == false
    error_message = "DHCP gets through where NetBox gives the address"
  }

  assert {
    condition     = length(data.onprem_netbox_prefix.this) == 0 && length(data.onprem_netbox_vrf.this) == 0
    error_message = "NetBox is asked for a number that is known"
  }
}

run "a_prefix_is_looked_up" {
  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", address_from = { prefix = "10.20.0.0/24" } },
      { name = "web-02", template = "ubuntu22", address_from = { prefix = "10.20.0.0/24" } },
      { name = "web-03", template = "ubuntu22", address_from = { prefix = "10.20.0.0/24", vrf = "blue" } },
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
      onprem_netbox_ip_address.this["web-03@10.20.0.0/24@blue"].prefix_id == 9,
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
    vm_configs = [
      { name = "web-01", template = "ubuntu22", ip_address = "10.20.0.11/24", address_from = { prefix = "10.20.0.0/24" } },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "dhcp_beside_an_address_of_netbox_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", ip_address = "dhcp", address_from = { prefix = "10.20.0.0/24" } },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "a_gateway_beside_an_address_of_netbox_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", gateway = "10.20.0.1", address_from = { prefix = "10.20.0.0/24" } },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "an_address_of_no_network_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", address_from = { prefix = "10.20.0.5/24" } },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "an_address_of_ipv6_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", address_from = { prefix = "2001:db8::/64" } },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "a_gateway_outside_the_prefix_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", address_from = { prefix = "10.20.0.0/24", gateway = "10.20.1.1" } },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "a_medium_with_vendor_data_has_the_address_of_netbox" {
  variables {
    prefixes    = { "10.20.0.0/24" = 7 }
    vendor_data = "#cloud-config\npackages: [qemu-guest-agent]\n"

    vm_configs = [
      { name = "web-01", template = "ubuntu22", vm_id = 9100, address_from = { prefix = "10.20.0.0/24", gateway = "10.20.0.1" } },
      { name = "web-02", template = "ubuntu22", vm_id = 9101 },
    ]
  }

  override_resource {
    target = onprem_netbox_ip_address.this
    values = { address = "10.20.0.5/24" }
  }

  assert {
    condition = local.network_config["web-01"].config[0].subnets == [
      { type = "static", address = "10.20.0.5/24", gateway = "10.20.0.1" },
    ]
    error_message = "the medium says another address"
  }

  assert {
    condition = alltrue([
      local.network_config["web-01"].config[0].mac_address
      == lower(onprem_proxmox_vm.this["web-01"].network.net0.mac_address),
      startswith(onprem_proxmox_vm.this["web-01"].network.net0.mac_address, "02:"),
      keys(local.network_config) == ["web-01"],
    ])
    error_message = "the medium does not name the card, or the one that asks DHCP has a network configuration"
  }
}
