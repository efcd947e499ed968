# The provider is mocked: these tests need neither Proxmox VE nor NetBox. What addresses there are is for the tests of
# ../guest-addresses; how VMs get them is here.
mock_provider "onprem" {
  mock_resource "onprem_netbox_ip_address" {
    defaults = { address = "10.20.0.5/24" }
  }
  mock_resource "onprem_proxmox_cloud_init" {
    defaults = { volume_id = "local:iso/cloud-init.iso" }
  }
}

variables {
  node         = "pve1"
  templates    = { ubuntu22 = 9000 }
  prefixes     = { "10.20.0.0/24" = 7 }
  ip_ranges    = { shops = 4 }
  address_tags = ["lab"]
}

run "vms_get_addresses_of_netbox" {
  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", vm_id = 9100, address_from = { prefix = "10.20.0.0/24", gateway = "10.20.0.1" }, firewall = {} },
      { name = "web-02", template = "ubuntu22", address_from = { ip_range = "shops" } },
      { name = "web-03", template = "ubuntu22", ip_address = "10.20.0.11/24" },
    ]
  }

  assert {
    condition = { for name, vm in onprem_proxmox_vm.this : name => vm.cloud_init.ip_config.net0.ipv4.address } == {
      "web-01" = "10.20.0.5/24", "web-02" = "10.20.0.5/24", "web-03" = "10.20.0.11/24"
    }
    error_message = "a VM does not have the address that NetBox gave it"
  }

  assert {
    condition = alltrue([
      onprem_proxmox_vm.this["web-01"].cloud_init.ip_config.net0.ipv4.gateway == "10.20.0.1",
      module.addresses.gateways["web-02"] == null,
    ])
    error_message = "a VM does not have the gateway of its address_from"
  }

  assert {
    condition     = output.ip_address == { "web-01" = "10.20.0.5", "web-02" = "10.20.0.5", "web-03" = "10.20.0.11" }
    error_message = "an address is not there without its prefix length"
  }

  assert {
    condition     = onprem_proxmox_firewall_options.this["web-01"].dhcp == false
    error_message = "DHCP gets through where NetBox gives the address"
  }
}

run "a_medium_with_vendor_data_has_the_address_of_netbox" {
  variables {
    vendor_data = "#cloud-config\npackages: [qemu-guest-agent]\n"

    vm_configs = [
      { name = "web-01", template = "ubuntu22", vm_id = 9100, address_from = { prefix = "10.20.0.0/24", gateway = "10.20.0.1" } },
      { name = "web-02", template = "ubuntu22", vm_id = 9101 },
    ]
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
