# The provider is mocked: these tests need no Proxmox VE.
mock_provider "onprem" {
  mock_resource "onprem_netbox_ip_address" {
    defaults = {
      address = "10.60.0.5/24"
    }
  }
  mock_resource "onprem_proxmox_image" {
    defaults = {
      volume_id = "local:vztmpl/alpine-3.22.tar.zst"
    }
  }
}

variables {
  name         = "lab"
  vm_id_offset = 60
  vlan_id      = 60
  gateway      = "10.60.0.1"

  templates = {
    ubuntu22 = {
      vm_id     = 9000
      image_url = "https://images.example.com/ubuntu-22.04.qcow2"
      checksum  = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    }
  }

  container_templates = {
    alpine = {
      url      = "https://images.example.com/alpine-3.22.tar.zst"
      checksum = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    }
  }

  vm_configs = [
    { name = "web-01", template = "ubuntu22", vm_id = 9100, ip_address = "10.60.0.11/24" },
    { name = "web-02", template = "ubuntu22", vm_id = 9101, cores = 4 },
  ]

  lxc_configs = [
    { hostname = "dns-01", template = "alpine", vm_id = 9200, ip_address = "10.60.0.53/24", gateway = "10.60.0.2" },
    { hostname = "dns-02", template = "alpine", vm_id = 9201, swap = 0 },
  ]
}

run "numbers_have_the_offset" {
  assert {
    condition     = output.templates["ubuntu22"].vm_id == 9060
    error_message = "the template has another number"
  }

  assert {
    condition     = { for name, vm in output.vms : name => vm.vm_id } == { "web-01" = 9160, "web-02" = 9161 }
    error_message = "the VMs have other numbers"
  }

  assert {
    condition     = { for name, container in output.containers : name => container.container_id } == { "dns-01" = 9260, "dns-02" = 9261 }
    error_message = "the containers have other numbers"
  }
}

run "addresses_are_those_of_the_environment" {
  assert {
    condition     = output.vms["web-01"].ip_address == "10.60.0.11" && output.vms["web-02"].ip_address == null
    error_message = "the addresses of the VMs are others"
  }

  assert {
    condition     = output.containers["dns-01"].ip_address == "10.60.0.53" && output.containers["dns-02"].ip_address == null
    error_message = "the addresses of the containers are others"
  }
}

run "the_gateway_goes_to_static_addresses_that_have_none" {
  command = plan

  assert {
    condition     = local.guests.vm[0].gateway == "10.60.0.1"
    error_message = "a static address has no gateway"
  }

  assert {
    condition     = local.guests.lxc[0].gateway == "10.60.0.2"
    error_message = "a gateway of its own is not kept"
  }

  assert {
    condition     = !can(local.guests.vm[1].gateway) && !can(local.guests.lxc[1].gateway)
    error_message = "a guest that asks DHCP is given a gateway"
  }
}

run "addresses_of_netbox_reach_both_kinds_of_guests" {
  variables {
    prefixes     = { "10.60.0.0/24" = 7, "10.60.0.0/26" = 8 }
    ip_ranges    = { shops = 4 }
    address_tags = ["lab"]

    vm_configs = [
      { name = "web-01", template = "ubuntu22", vm_id = 9100, address_from = { prefix = "10.60.0.0/24" } },
      { name = "web-02", template = "ubuntu22", address_from = { prefix = "10.60.0.0/24", gateway = "10.60.0.2" } },
      { name = "web-03", template = "ubuntu22", address_from = { ip_range = "shops" } },
      { name = "web-04", template = "ubuntu22", ip_address = "10.60.0.13/24" },
    ]
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", address_from = { prefix = "10.60.0.0/26", tags = ["dns"] } },
    ]
  }

  assert {
    condition     = [for vm in slice(local.guests.vm, 0, 3) : vm.address_from.gateway] == ["10.60.0.1", "10.60.0.2", "10.60.0.1"]
    error_message = "the gateway is not the guest's own, or else that of the environment"
  }

  assert {
    condition     = local.guests.lxc[0].address_from.gateway == "10.60.0.1" && local.guests.lxc[0].address_from.tags == ["dns"]
    error_message = "a container's address_from is not handed on"
  }

  assert {
    condition = alltrue([
      output.vms["web-01"].ip_address == "10.60.0.5",
      output.vms["web-03"].ip_address == "10.60.0.5",
      output.vms["web-04"].ip_address == "10.60.0.13",
      output.containers["dns-01"].ip_address == "10.60.0.5",
    ])
    error_message = "an address of NetBox is no output"
  }
}

run "a_number_may_be_left_to_the_server" {
  command = plan

  variables {
    vm_configs  = [{ name = "web-03", template = "ubuntu22" }]
    lxc_configs = [{ hostname = "dns-03", template = "alpine", vm_id = null }]
  }

  assert {
    condition     = !can(local.guests.vm[0].vm_id) && local.guests.lxc[0].vm_id == null
    error_message = "there is a number that nobody chose"
  }
}

run "files_have_the_name_of_the_environment" {
  command = plan

  assert {
    condition     = onprem_proxmox_image.container_template["alpine"].file_name == "lab-alpine-3.22.tar.zst"
    error_message = "the file could be another environment's"
  }
}

run "templates_alone_will_do" {
  command = plan

  variables {
    container_templates = {}
    vm_configs          = []
    lxc_configs         = []
  }

  assert {
    condition     = length(output.vms) == 0 && length(output.containers) == 0 && length(output.templates) == 1
    error_message = "there is more than the template"
  }
}

run "a_vm_with_the_number_of_a_template_is_refused" {
  command = plan

  variables {
    vm_configs = [{ name = "web-01", template = "ubuntu22", vm_id = 9000 }]
  }

  expect_failures = [var.vm_configs]
}

run "a_container_with_the_address_of_a_vm_is_refused" {
  command = plan

  variables {
    lxc_configs = [{ hostname = "dns-01", template = "alpine", ip_address = "10.60.0.11/24" }]
  }

  expect_failures = [var.lxc_configs]
}

run "a_container_with_the_number_of_a_vm_is_refused" {
  command = plan

  variables {
    lxc_configs = [{ hostname = "dns-01", template = "alpine", vm_id = 9100 }]
  }

  expect_failures = [var.lxc_configs]
}

run "a_vm_without_a_name_is_refused" {
  command = plan

  variables {
    vm_configs = [{ template = "ubuntu22" }]
  }

  expect_failures = [var.vm_configs]
}

run "a_container_without_a_hostname_is_refused" {
  command = plan

  variables {
    lxc_configs = [{ template = "alpine" }]
  }

  expect_failures = [var.lxc_configs]
}

run "a_container_template_that_is_no_archive_is_refused" {
  command = plan

  variables {
    container_templates = {
      alpine = {
        url      = "https://images.example.com/alpine-3.22.iso"
        checksum = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      }
    }
  }

  expect_failures = [var.container_templates]
}

run "half_an_offset_is_refused" {
  command = plan

  variables {
    vm_id_offset = 0.5
  }

  expect_failures = [var.vm_id_offset]
}

run "a_name_with_an_underscore_is_refused" {
  command = plan

  variables {
    name = "my_lab"
  }

  expect_failures = [var.name]
}
