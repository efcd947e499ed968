# The provider is mocked: these tests need neither Proxmox VE nor NetBox. What addresses there are is for the tests of
# ../guest-addresses; how containers get them is here.
mock_provider "onprem" {
  mock_resource "onprem_netbox_ip_address" {
    defaults = { address = "10.20.0.5/24" }
  }
}

variables {
  node         = "pve1"
  templates    = { alpine = "local:vztmpl/alpine-3.22.tar.zst" }
  prefixes     = { "10.20.0.0/24" = 7 }
  ip_ranges    = { shops = 4 }
  address_tags = ["lab"]

  # Terraform's tests want a value for an ephemeral variable even where it has a default.
  password = "only-a-test"
}

run "containers_get_addresses_of_netbox" {
  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", vm_id = 9200, address_from = { prefix = "10.20.0.0/24", gateway = "10.20.0.1" }, firewall = {} },
      { hostname = "dns-02", template = "alpine", address_from = { ip_range = "shops" } },
      { hostname = "dns-03", template = "alpine", ip_address = "10.20.0.11/24" },
    ]
  }

  assert {
    condition = { for name, container in onprem_proxmox_container.this : name => container.network.net0.ipv4_address } == {
      "dns-01" = "10.20.0.5/24", "dns-02" = "10.20.0.5/24", "dns-03" = "10.20.0.11/24"
    }
    error_message = "a container does not have the address that NetBox gave it"
  }

  assert {
    condition = alltrue([
      onprem_proxmox_container.this["dns-01"].network["net0"].ipv4_gateway == "10.20.0.1",
      module.addresses.gateways["dns-02"] == null,
    ])
    error_message = "a container does not have the gateway of its address_from"
  }

  assert {
    condition     = output.ip_address == { "dns-01" = "10.20.0.5", "dns-02" = "10.20.0.5", "dns-03" = "10.20.0.11" }
    error_message = "an address is not there without its prefix length"
  }

  assert {
    condition     = onprem_proxmox_firewall_options.this["dns-01"].dhcp == false
    error_message = "DHCP gets through where NetBox gives the address"
  }
}
