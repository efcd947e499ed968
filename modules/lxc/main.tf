locals {
  # A host name is a container's key.
  containers = { for container in var.lxc_configs : container.hostname => container }
  firewalls  = { for name, container in local.containers : name => container.firewall if container.firewall != null }
}

resource "onprem_proxmox_container" "this" {
  for_each = local.containers

  vm_id         = each.value.vm_id
  node          = coalesce(each.value.node, var.node)
  allowed_nodes = try(coalesce(each.value.allowed_nodes, var.allowed_nodes), null)
  hostname      = each.key
  description   = each.value.description
  tags          = setunion(var.tags, each.value.tags)

  template     = var.templates[each.value.template]
  unprivileged = each.value.unprivileged
  password     = var.password
  ssh_keys     = coalesce(each.value.ssh_keys, var.ssh_keys)

  cores    = each.value.cores
  memory   = each.value.memory
  swap     = each.value.swap
  features = each.value.nesting == null ? null : { nesting = each.value.nesting }

  rootfs = {
    storage = coalesce(each.value.disk_storage, var.disk_storage)
    size    = each.value.disk_size
  }
  mount_points = each.value.mount_points

  network = {
    net0 = {
      name         = "eth0"
      bridge       = coalesce(each.value.bridge, var.bridge)
      vlan_id      = try(coalesce(each.value.vlan_id, var.vlan_id), null)
      mac_address  = each.value.mac_address
      ipv4_address = module.addresses.ip_addresses[each.key]
      ipv4_gateway = module.addresses.gateways[each.key]
      firewall     = each.value.firewall != null
    }
  }
  dns_servers = each.value.dns_servers
  dns_domain  = each.value.dns_domain

  started    = each.value.started
  on_boot    = each.value.on_boot
  startup    = each.value.startup_order == null ? null : { order = each.value.startup_order }
  protection = each.value.protection
  reboot     = each.value.reboot

  wait_for_ip = each.value.wait_for_ip
}

resource "onprem_proxmox_firewall_options" "this" {
  for_each = local.firewalls

  vm_id         = onprem_proxmox_container.this[each.key].vm_id
  enabled       = each.value.enabled
  policy_in     = each.value.policy_in
  policy_out    = each.value.policy_out
  log_level_in  = each.value.log_level_in
  log_level_out = each.value.log_level_out

  # Whoever asks for an address must get an answer.
  dhcp = module.addresses.asks_dhcp[each.key]

  # A container that is made anew has no firewall.
  lifecycle {
    replace_triggered_by = [onprem_proxmox_container.this[each.key].uuid]
  }
}

resource "onprem_proxmox_firewall_rules" "this" {
  for_each = local.firewalls

  vm_id = onprem_proxmox_container.this[each.key].vm_id
  rules = each.value.rules

  lifecycle {
    replace_triggered_by = [onprem_proxmox_container.this[each.key].uuid]
  }
}
