# The provider is mocked: these tests need no Proxmox VE.
mock_provider "onprem" {}

variables {
  node      = "pve1"
  templates = { ubuntu22 = 9000 }

  vm_configs = [
    { name = "web-01", template = "ubuntu22", vm_id = 9100, ip_address = "10.20.0.11/24", gateway = "10.20.0.1" },
    { name = "web-02", template = "ubuntu22", vm_id = 9101 },
  ]
}

run "outputs" {
  assert {
    condition     = output.vm_id == { "web-01" = 9100, "web-02" = 9101 }
    error_message = "vm_id is not the map of what was asked for"
  }

  assert {
    condition     = output.ip_address["web-01"] == "10.20.0.11"
    error_message = "a static address is not there without its prefix length"
  }

  assert {
    condition     = output.ip_address["web-02"] == null
    error_message = "an address that nobody has seen is claimed to be known"
  }
}

run "an_address_that_dhcp_gave_is_an_output" {
  variables {
    vm_configs = [
      { name = "web-03", template = "ubuntu22", ip_address = "10.20.0.11/24" },
      { name = "web-04", template = "ubuntu22", wait_for_ip = true },
    ]
  }

  override_resource {
    target = onprem_proxmox_vm.this
    values = { ip_addresses = ["fd00::7", "10.20.0.77", "10.20.0.78"] }
  }

  assert {
    condition     = output.ip_address == { "web-03" = "10.20.0.11", "web-04" = "10.20.0.77" }
    error_message = "it is not the first IPv4 address, where none is configured"
  }

  assert {
    condition     = { for name, vm in onprem_proxmox_vm.this : name => vm.wait_for_ip } == { "web-03" = false, "web-04" = true }
    error_message = "somebody else waits for an address"
  }
}

run "what_is_left_out_has_a_default" {
  command = plan

  assert {
    condition = alltrue([
      for vm in onprem_proxmox_vm.this :
      vm.clone.vm_id == 9000 && vm.clone.full == false && vm.node == "pve1" && vm.cpu.cores == 2
      && vm.memory == 2048 && vm.network.net0.bridge == "vmbr0" && vm.started && !vm.protection
      && vm.allowed_nodes == null && vm.disks["scsi0"].storage == "local-lvm" && vm.cloud_init.storage == "local-lvm"
    ])
    error_message = "a default is another one"
  }

  assert {
    condition     = onprem_proxmox_vm.this["web-02"].cloud_init.ip_config.net0.ipv4.address == "dhcp"
    error_message = "a VM without an address does not ask for one"
  }
}

run "a_vm_has_its_own_settings" {
  command = plan

  variables {
    vlan_id = 20
    user    = "ops"
    tags    = ["lab"]

    allowed_nodes = ["pve2", "pve3"]
    disk_storage  = "ceph"

    ssh_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGkn0Nvt1FHf1tqVJ3jVV4YbBZxY0Mv6Vn1P2xkzEiMo ops"]

    vm_configs = [
      {
        name          = "db-01"
        template      = "ubuntu22"
        full_clone    = true
        node          = "pve2"
        cores         = 4
        memory        = 4096
        balloon       = 1024
        disk_size     = 16
        disk_storage  = "nfs"
        allowed_nodes = []
        data_disks    = { scsi1 = { storage = "nfs", size = 32 } }
        bridge        = "vmbr1"
        vlan_id       = 30
        user          = "dba"
        tags          = ["database"]

        startup_order = 1
      },
      { name = "web-01", template = "ubuntu22" },
    ]
  }

  assert {
    condition = alltrue([
      onprem_proxmox_vm.this["db-01"].node == "pve2",
      length(onprem_proxmox_vm.this["db-01"].allowed_nodes) == 0,
      onprem_proxmox_vm.this["web-01"].allowed_nodes == toset(["pve2", "pve3"]),
    ])
    error_message = "a VM's nodes do not win over the common ones"
  }

  assert {
    condition     = onprem_proxmox_vm.this["db-01"].clone == { vm_id = 9000, full = true, storage = "nfs" }
    error_message = "a full clone does not go to its storage"
  }

  assert {
    condition = alltrue([
      onprem_proxmox_vm.this["db-01"].disks["scsi0"].size == 16,
      onprem_proxmox_vm.this["db-01"].disks["scsi1"].storage == "nfs",
      onprem_proxmox_vm.this["db-01"].disks["scsi1"].size == 32,
      keys(onprem_proxmox_vm.this["web-01"].disks) == tolist(["scsi0"]),
      onprem_proxmox_vm.this["web-01"].disks["scsi0"].storage == "ceph",
      onprem_proxmox_vm.this["web-01"].cloud_init.storage == "ceph",
    ])
    error_message = "the disks are not those of the VM, or lie elsewhere"
  }

  assert {
    condition = alltrue([
      onprem_proxmox_vm.this["db-01"].network["net0"].bridge == "vmbr1",
      onprem_proxmox_vm.this["db-01"].network["net0"].vlan_id == 30,
      onprem_proxmox_vm.this["web-01"].network["net0"].vlan_id == 20,
    ])
    error_message = "the network is not that of the VM, or else the common one"
  }

  assert {
    condition = alltrue([
      onprem_proxmox_vm.this["db-01"].cloud_init.user == "dba",
      onprem_proxmox_vm.this["web-01"].cloud_init.user == "ops",
      length(onprem_proxmox_vm.this["web-01"].cloud_init.ssh_keys) == 1,
    ])
    error_message = "who may log in is not the VM's own, or else the common one"
  }

  assert {
    condition = alltrue([
      onprem_proxmox_vm.this["db-01"].tags == toset(["database", "lab"]),
      onprem_proxmox_vm.this["db-01"].startup.order == 1,
    ])
    error_message = "tags or start-up order are not those that were asked for"
  }
}

run "a_firewall_is_there_on_request" {
  variables {
    vm_configs = [
      {
        name       = "web-01"
        template   = "ubuntu22"
        vm_id      = 9110
        ip_address = "10.20.0.11/24"
        firewall = {
          policy_out   = "REJECT"
          log_level_in = "info"
          rules = [
            { macro = "SSH", source = "10.0.0.0/24", comment = "Administrators" },
            { proto = "tcp", dport = "80,443" },
            { type = "out", action = "DROP", proto = "udp", dport = "53", enabled = false },
            { type = "group", action = "monitoring" },
          ]
        }
      },
      { name = "web-02", template = "ubuntu22", vm_id = 9111, firewall = {} },
      { name = "web-03", template = "ubuntu22", vm_id = 9112 },
    ]
  }

  assert {
    condition     = { for name, guest in onprem_proxmox_vm.this : name => guest.network.net0.firewall } == { "web-01" = true, "web-02" = true, "web-03" = false }
    error_message = "the network card does not look at packets exactly where there is a firewall"
  }

  assert {
    condition = alltrue([
      toset(keys(onprem_proxmox_firewall_options.this)) == toset(["web-01", "web-02"]),
      onprem_proxmox_firewall_options.this["web-01"].vm_id == 9110,
      alltrue([for options in onprem_proxmox_firewall_options.this : options.enabled && options.policy_in == "DROP"]),
      onprem_proxmox_firewall_options.this["web-01"].policy_out == "REJECT",
      onprem_proxmox_firewall_options.this["web-02"].policy_out == "ACCEPT",
      onprem_proxmox_firewall_options.this["web-01"].log_level_in == "info",
    ])
    error_message = "the options are not those that were asked for, or else the defaults"
  }

  assert {
    condition     = { for name, options in onprem_proxmox_firewall_options.this : name => options.dhcp } == { "web-01" = false, "web-02" = true }
    error_message = "DHCP does not get through exactly where an address comes from it"
  }

  assert {
    condition = alltrue([
      [for rule in onprem_proxmox_firewall_rules.this["web-01"].rules : rule.type] == ["in", "in", "out", "group"],
      [for rule in onprem_proxmox_firewall_rules.this["web-01"].rules : rule.action] == ["ACCEPT", "ACCEPT", "DROP", "monitoring"],
      [for rule in onprem_proxmox_firewall_rules.this["web-01"].rules : rule.enabled] == [true, true, false, true],
      onprem_proxmox_firewall_rules.this["web-01"].rules[0].macro == "SSH",
      onprem_proxmox_firewall_rules.this["web-01"].rules[1].dport == "80,443",
      length(onprem_proxmox_firewall_rules.this["web-02"].rules) == 0,
    ])
    error_message = "the rules are not those that were asked for, in their order"
  }
}

run "vendor_data_come_on_an_image_with_all_the_others" {
  command = plan

  variables {
    user     = "ops"
    ssh_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGkn0Nvt1FHf1tqVJ3jVV4YbBZxY0Mv6Vn1P2xkzEiMo ops"]

    vm_configs = [
      {
        name        = "app-01"
        template    = "ubuntu22"
        vm_id       = 9120
        node        = "pve2"
        ip_address  = "10.20.0.21/24"
        gateway     = "10.20.0.1"
        dns_servers = ["10.20.0.53"]
        dns_domain  = "example.com"
        vendor_data = "#cloud-config\npackages: [qemu-guest-agent]\n"
      },
      { name = "app-02", template = "ubuntu22", user = "root", vendor_data = "#!/bin/sh\ntrue\n" },
      { name = "app-03", template = "ubuntu22" },
    ]
  }

  assert {
    condition = alltrue([
      toset(keys(onprem_proxmox_cloud_init.this)) == toset(["app-01", "app-02"]),
      onprem_proxmox_cloud_init.this["app-01"].node == "pve2",
      onprem_proxmox_cloud_init.this["app-01"].storage == "local",
      onprem_proxmox_cloud_init.this["app-01"].file_name == "9120-app-01-cloud-init.iso",
      onprem_proxmox_cloud_init.this["app-02"].file_name == "app-02-cloud-init.iso",
    ])
    error_message = "there is no image of its own for each VM with vendor data"
  }

  assert {
    condition     = alltrue([for name in ["app-01", "app-02"] : keys(onprem_proxmox_vm.this[name].cdrom) == tolist(["ide2"])])
    error_message = "the image is not where the drive of Proxmox VE would be"
  }

  assert {
    condition     = onprem_proxmox_vm.this["app-03"].cloud_init.user == "ops"
    error_message = "a VM without vendor data has not the drive of Proxmox VE"
  }

  assert {
    condition = jsondecode(jsonencode(local.user_data)) == jsondecode(jsonencode({
      "app-01" = {
        hostname            = "app-01"
        fqdn                = "app-01.example.com"
        manage_etc_hosts    = true
        user                = "ops"
        users               = ["default"]
        ssh_authorized_keys = var.ssh_keys
        package_upgrade     = true
      }
      "app-02" = {
        hostname            = "app-02"
        manage_etc_hosts    = true
        user                = "root"
        disable_root        = false
        users               = ["default"]
        ssh_authorized_keys = var.ssh_keys
        package_upgrade     = true
      }
    }))
    error_message = "the user data are not what the drive of Proxmox VE would say"
  }

  assert {
    condition = jsondecode(jsonencode(local.network_config)) == jsondecode(jsonencode({
      "app-01" = {
        version = 1
        config = [
          {
            type        = "physical"
            name        = "eth0"
            mac_address = onprem_proxmox_vm.this["app-01"].network["net0"].mac_address
            subnets     = [{ type = "static", address = "10.20.0.21/24", gateway = "10.20.0.1" }]
          },
          { type = "nameserver", address = ["10.20.0.53"], search = ["example.com"] },
        ]
      }
    }))
    error_message = "the network configuration is not that of the VM with a static address"
  }

  assert {
    condition     = can(regex("^02(:[0-9a-f]{2}){5}$", onprem_proxmox_vm.this["app-01"].network["net0"].mac_address))
    error_message = "the network card has no address of its own"
  }
}

run "vendor_data_for_all_vms" {
  command = plan

  variables {
    vendor_data = "#cloud-config\npackages: [qemu-guest-agent]\n"
    iso_storage = "nfs"

    vm_configs = [
      { name = "app-04", template = "ubuntu22", ip_address = "10.20.0.24/24", mac_address = "BC:24:11:00:00:01" },
      { name = "app-05", template = "ubuntu22", vendor_data = "#cloud-config\npackages: [nginx]\n" },
    ]
  }

  assert {
    condition = alltrue([
      for name, image in onprem_proxmox_cloud_init.this : image.storage == "nfs" && local.vendor_data[name] == (
        name == "app-05" ? "#cloud-config\npackages: [nginx]\n" : var.vendor_data
      )
    ])
    error_message = "a VM's vendor data do not win over the common ones"
  }

  assert {
    condition = alltrue([
      onprem_proxmox_vm.this["app-04"].network["net0"].mac_address == "BC:24:11:00:00:01",
      local.network_config["app-04"].config[0].mac_address == "bc:24:11:00:00:01",
      !can(local.network_config["app-05"]),
    ])
    error_message = "the network configuration does not name the card by its address"
  }
}

run "no_vm_is_no_error" {
  command = plan

  variables {
    vm_configs = []
  }

  assert {
    condition     = length(output.vm_id) == 0 && length(output.ip_address) == 0
    error_message = "there is a VM that nobody asked for"
  }
}

run "a_name_that_is_there_twice_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", vm_id = 9100 },
      { name = "web-01", template = "ubuntu22", vm_id = 9101 },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "a_name_with_an_underscore_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web_01", template = "ubuntu22" },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "a_name_that_ends_in_a_hyphen_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-", template = "ubuntu22" },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "a_template_that_is_not_there_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "debian13" },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "a_vm_id_that_is_there_twice_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", vm_id = 9100 },
      { name = "web-02", template = "ubuntu22", vm_id = 9100 },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "a_reserved_vm_id_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", vm_id = 99 },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "a_vm_id_that_is_too_large_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", vm_id = 1000000000 },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "a_vm_id_that_is_no_whole_number_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", vm_id = 9100.5 },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "no_core_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", cores = 0 },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "half_a_core_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", cores = 1.5 },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "no_socket_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", sockets = 0 },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "nine_sockets_are_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", sockets = 9 },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "too_little_memory_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", memory = 15 },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "a_balloon_above_the_memory_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", memory = 1024, balloon = 2048 },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "a_disk_without_room_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", disk_size = 0 },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "a_data_disk_in_the_first_slot_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", data_disks = { scsi0 = { storage = "local-lvm", size = 1 } } },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "a_data_disk_in_no_slot_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", data_disks = { data = { storage = "local-lvm", size = 1 } } },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "a_data_disk_without_room_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", data_disks = { scsi1 = { storage = "local-lvm", size = 0 } } },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "a_vlan_id_that_is_too_large_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", vlan_id = 4095 },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "a_mac_address_of_a_group_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", mac_address = "01:00:5e:00:00:01" },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "another_reboot_policy_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", reboot = "sometimes" },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "another_policy_of_the_firewall_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", firewall = { policy_in = "drop" } },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "another_action_of_a_rule_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", firewall = { rules = [{ action = "ALLOW", proto = "tcp", dport = "22" }] } },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "another_type_of_a_rule_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", firewall = { rules = [{ type = "forward" }] } },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "vendor_data_of_no_kind_are_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", vendor_data = "packages: [nginx]" },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "common_vendor_data_of_no_kind_are_refused" {
  command = plan

  variables {
    vendor_data = "packages: [nginx]"
  }

  expect_failures = [var.vendor_data]
}

run "a_data_disk_in_the_slot_of_cloud_init_is_refused" {
  command = plan

  variables {
    vm_configs = [
      { name = "web-01", template = "ubuntu22", data_disks = { ide2 = { storage = "local-lvm", size = 1 } } },
    ]
  }

  expect_failures = [var.vm_configs]
}

run "a_common_vlan_id_that_is_too_large_is_refused" {
  command = plan

  variables {
    vlan_id = 4095
  }

  expect_failures = [var.vlan_id]
}

run "a_key_that_is_no_public_key_is_refused" {
  command = plan

  variables {
    ssh_keys = ["~/.ssh/id_ed25519.pub"]
  }

  expect_failures = [var.ssh_keys]
}
