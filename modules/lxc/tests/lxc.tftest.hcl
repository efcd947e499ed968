# The provider is mocked: these tests need no Proxmox VE.
mock_provider "onprem" {}

variables {
  node      = "pve1"
  templates = { alpine = "local:vztmpl/alpine-3.22.tar.zst" }

  # Terraform's tests want a value for an ephemeral variable even where it has a default.
  password = "only-a-test"

  lxc_configs = [
    { hostname = "dns-01", template = "alpine", vm_id = 9200, ip_address = "10.20.0.53/24", gateway = "10.20.0.1" },
    { hostname = "dns-02", template = "alpine", vm_id = 9201 },
  ]
}

run "outputs" {
  assert {
    condition     = output.container_id == { "dns-01" = 9200, "dns-02" = 9201 }
    error_message = "container_id is not the map of what was asked for"
  }

  assert {
    condition     = output.ip_address["dns-01"] == "10.20.0.53"
    error_message = "a static address is not there without its prefix length"
  }

  assert {
    condition     = output.ip_address["dns-02"] == null
    error_message = "an address that nobody has seen is claimed to be known"
  }
}

run "an_address_that_dhcp_gave_is_an_output" {
  variables {
    lxc_configs = [
      { hostname = "dns-03", template = "alpine", ip_address = "10.20.0.53/24" },
      { hostname = "dns-04", template = "alpine" },
    ]
  }

  override_resource {
    target = onprem_proxmox_container.this
    values = { ip_addresses = ["fd00::7", "10.20.0.77", "10.20.0.78"] }
  }

  assert {
    condition     = output.ip_address == { "dns-03" = "10.20.0.53", "dns-04" = "10.20.0.77" }
    error_message = "it is not the first IPv4 address, where none is configured"
  }
}

run "what_is_left_out_has_a_default" {
  command = plan

  assert {
    condition = alltrue([
      for name, container in onprem_proxmox_container.this :
      container.hostname == name && container.template == "local:vztmpl/alpine-3.22.tar.zst"
      && container.node == "pve1" && container.unprivileged && container.cores == 1
      && container.memory == 512 && container.swap == 512 && container.started && container.on_boot
      && !container.protection && container.network.net0.bridge == "vmbr0"
      && container.allowed_nodes == null && container.reboot == "never" && !container.wait_for_ip
    ])
    error_message = "a default is another one"
  }

  assert {
    condition = alltrue([
      for container in onprem_proxmox_container.this :
      container.rootfs.storage == "local-lvm" && container.rootfs.size == 4
      && length(container.mount_points) == 0
    ])
    error_message = "there is another volume than the root file system"
  }

  assert {
    condition = alltrue([
      onprem_proxmox_container.this["dns-01"].network["net0"].ipv4_address == "10.20.0.53/24",
      onprem_proxmox_container.this["dns-01"].network["net0"].ipv4_gateway == "10.20.0.1",
      onprem_proxmox_container.this["dns-02"].network["net0"].ipv4_address == "dhcp",
    ])
    error_message = "a container without an address does not ask for one"
  }

  assert {
    condition = alltrue([
      length(onprem_proxmox_firewall_options.this) == 0,
      length(onprem_proxmox_firewall_rules.this) == 0,
      alltrue([for container in onprem_proxmox_container.this : !container.network.net0.firewall]),
    ])
    error_message = "there is a firewall that nobody asked for"
  }
}

run "a_container_has_its_own_settings" {
  command = plan

  variables {
    vlan_id = 20
    tags    = ["lab"]

    allowed_nodes = ["pve2", "pve3"]
    disk_storage  = "ceph"

    ssh_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGkn0Nvt1FHf1tqVJ3jVV4YbBZxY0Mv6Vn1P2xkzEiMo ops"]

    lxc_configs = [
      {
        hostname      = "files-01"
        template      = "alpine"
        node          = "pve2"
        allowed_nodes = []
        unprivileged  = false
        cores         = 2
        memory        = 1024
        swap          = 0
        disk_storage  = "nfs"
        disk_size     = 8
        mount_points = {
          mp0 = { path = "/srv", storage = "nfs", size = 32, backup = true }
          mp1 = { path = "/var/lib/docs", storage = "local-lvm", size = 4, read_only = true }
        }
        bridge      = "vmbr1"
        vlan_id     = 30
        dns_servers = ["10.20.0.53"]
        ssh_keys    = []
        tags        = ["files"]
        description = "Files"
        on_boot     = false
        protection  = true
        reboot      = "if_needed"
        wait_for_ip = true

        startup_order = 1
      },
      { hostname = "dns-01", template = "alpine", nesting = true },
    ]
  }

  assert {
    condition = alltrue([
      onprem_proxmox_container.this["files-01"].node == "pve2",
      length(onprem_proxmox_container.this["files-01"].allowed_nodes) == 0,
      onprem_proxmox_container.this["dns-01"].allowed_nodes == toset(["pve2", "pve3"]),
      !onprem_proxmox_container.this["files-01"].unprivileged,
      onprem_proxmox_container.this["files-01"].cores == 2,
      onprem_proxmox_container.this["files-01"].memory == 1024,
      onprem_proxmox_container.this["files-01"].swap == 0,
      onprem_proxmox_container.this["files-01"].description == "Files",
      !onprem_proxmox_container.this["files-01"].on_boot,
      onprem_proxmox_container.this["files-01"].protection,
      onprem_proxmox_container.this["files-01"].reboot == "if_needed",
      onprem_proxmox_container.this["files-01"].wait_for_ip,
    ])
    error_message = "a setting is not that of the container"
  }

  assert {
    condition = alltrue([
      onprem_proxmox_container.this["files-01"].rootfs.storage == "nfs",
      onprem_proxmox_container.this["files-01"].rootfs.size == 8,
      onprem_proxmox_container.this["dns-01"].rootfs.storage == "ceph",
      keys(onprem_proxmox_container.this["files-01"].mount_points) == tolist(["mp0", "mp1"]),
      onprem_proxmox_container.this["files-01"].mount_points["mp0"].path == "/srv",
      onprem_proxmox_container.this["files-01"].mount_points["mp0"].size == 32,
      onprem_proxmox_container.this["files-01"].mount_points["mp0"].backup,
      onprem_proxmox_container.this["files-01"].mount_points["mp1"].read_only,
    ])
    error_message = "the volumes are not those of the container, or lie elsewhere"
  }

  assert {
    condition = alltrue([
      onprem_proxmox_container.this["files-01"].network["net0"].bridge == "vmbr1",
      onprem_proxmox_container.this["files-01"].network["net0"].vlan_id == 30,
      onprem_proxmox_container.this["files-01"].dns_servers == tolist(["10.20.0.53"]),
      onprem_proxmox_container.this["dns-01"].network["net0"].vlan_id == 20,
    ])
    error_message = "the network is not that of the container, or else the common one"
  }

  assert {
    condition = alltrue([
      length(onprem_proxmox_container.this["files-01"].ssh_keys) == 0,
      length(onprem_proxmox_container.this["dns-01"].ssh_keys) == 1,
      onprem_proxmox_container.this["files-01"].tags == toset(["files", "lab"]),
      onprem_proxmox_container.this["files-01"].startup.order == 1,
      onprem_proxmox_container.this["dns-01"].features.nesting,
    ])
    error_message = "keys, tags, start-up order or nesting are not those that were asked for"
  }
}

run "a_firewall_is_there_on_request" {
  variables {
    lxc_configs = [
      {
        hostname   = "web-01"
        template   = "alpine"
        vm_id      = 9210
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
      { hostname = "web-02", template = "alpine", vm_id = 9211, firewall = {} },
      { hostname = "web-03", template = "alpine", vm_id = 9212 },
    ]
  }

  assert {
    condition     = { for name, guest in onprem_proxmox_container.this : name => guest.network.net0.firewall } == { "web-01" = true, "web-02" = true, "web-03" = false }
    error_message = "the network card does not look at packets exactly where there is a firewall"
  }

  assert {
    condition = alltrue([
      toset(keys(onprem_proxmox_firewall_options.this)) == toset(["web-01", "web-02"]),
      onprem_proxmox_firewall_options.this["web-01"].vm_id == 9210,
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

run "no_container_is_no_error" {
  command = plan

  variables {
    lxc_configs = []
  }

  assert {
    condition     = length(output.container_id) == 0 && length(output.ip_address) == 0
    error_message = "there is a container that nobody asked for"
  }
}

run "a_hostname_that_is_there_twice_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", vm_id = 9200 },
      { hostname = "dns-01", template = "alpine", vm_id = 9201 },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "a_hostname_with_an_underscore_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns_01", template = "alpine" },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "a_hostname_that_ends_in_a_hyphen_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-", template = "alpine" },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "a_template_that_is_not_there_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "debian13" },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "a_vm_id_that_is_there_twice_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", vm_id = 9200 },
      { hostname = "dns-02", template = "alpine", vm_id = 9200 },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "a_reserved_vm_id_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", vm_id = 99 },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "a_vm_id_that_is_too_large_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", vm_id = 1000000000 },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "a_vm_id_that_is_no_whole_number_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", vm_id = 9200.5 },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "no_core_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", cores = 0 },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "half_a_core_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", cores = 1.5 },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "too_little_memory_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", memory = 15 },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "less_than_no_swap_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", swap = -1 },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "a_disk_without_room_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", disk_size = 0 },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "a_mount_point_in_no_slot_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", mount_points = { data = { path = "/srv", storage = "nfs", size = 1 } } },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "a_mount_point_on_a_path_that_does_not_begin_at_the_root_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", mount_points = { mp0 = { path = "srv", storage = "nfs", size = 1 } } },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "a_mount_point_over_the_root_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", mount_points = { mp0 = { path = "/", storage = "nfs", size = 1 } } },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "a_mount_point_without_room_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", mount_points = { mp0 = { path = "/srv", storage = "nfs", size = 0 } } },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "two_mount_points_on_one_path_are_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", mount_points = { mp0 = { path = "/srv", storage = "nfs", size = 1 }, mp1 = { path = "/srv", storage = "nfs", size = 1 } } },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "a_vlan_id_that_is_too_large_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", vlan_id = 4095 },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "a_mac_address_of_a_group_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", mac_address = "01:00:5e:00:00:01" },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "another_reboot_policy_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", reboot = "sometimes" },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "another_policy_of_the_firewall_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", firewall = { policy_in = "drop" } },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "another_action_of_a_rule_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", firewall = { rules = [{ action = "ALLOW", proto = "tcp", dport = "22" }] } },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "another_type_of_a_rule_is_refused" {
  command = plan

  variables {
    lxc_configs = [
      { hostname = "dns-01", template = "alpine", firewall = { rules = [{ type = "forward" }] } },
    ]
  }

  expect_failures = [var.lxc_configs]
}

run "a_template_that_is_no_container_template_is_refused" {
  command = plan

  variables {
    templates = { alpine = "local:iso/alpine.iso" }
  }

  expect_failures = [var.templates]
}

run "a_common_vlan_id_that_is_too_large_is_refused" {
  command = plan

  variables {
    vlan_id = 4095
  }

  expect_failures = [var.vlan_id]
}

run "a_password_that_is_too_short_is_refused" {
  command = plan

  variables {
    password = "abcd"
  }

  expect_failures = [var.password]
}

run "a_key_that_is_no_public_key_is_refused" {
  command = plan

  variables {
    ssh_keys = ["~/.ssh/id_ed25519.pub"]
  }

  expect_failures = [var.ssh_keys]
}
