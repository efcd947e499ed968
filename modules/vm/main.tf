locals {
  # A name is a VM's key.
  vms = {
    for vm in var.vm_configs : vm.name => merge(vm, { disk_storage = coalesce(vm.disk_storage, var.disk_storage) })
  }
  firewalls = { for name, vm in local.vms : name => vm.firewall if vm.firewall != null }
}

resource "onprem_proxmox_vm" "this" {
  for_each = local.vms

  vm_id         = each.value.vm_id
  node          = coalesce(each.value.node, var.node)
  allowed_nodes = try(coalesce(each.value.allowed_nodes, var.allowed_nodes), null)
  name          = each.key
  description   = each.value.description
  tags          = setunion(var.tags, each.value.tags)

  clone = {
    vm_id   = var.templates[each.value.template]
    full    = each.value.full_clone
    storage = each.value.full_clone ? each.value.disk_storage : null
  }

  cpu = {
    cores   = each.value.cores
    sockets = each.value.sockets
    type    = each.value.cpu_type
  }
  memory  = each.value.memory
  balloon = each.value.balloon

  agent = {
    enabled = each.value.agent
  }

  disks = merge(each.value.data_disks, {
    scsi0 = {
      storage = each.value.disk_storage
      size    = each.value.disk_size
    }
  })

  network = {
    net0 = {
      bridge      = coalesce(each.value.bridge, var.bridge)
      vlan_id     = try(coalesce(each.value.vlan_id, var.vlan_id), null)
      mac_address = local.mac_addresses[each.key]
      firewall    = each.value.firewall != null
    }
  }

  cloud_init = contains(keys(local.vendor_data), each.key) ? null : {
    storage     = each.value.disk_storage
    user        = try(coalesce(each.value.user, var.user), null)
    ssh_keys    = coalesce(each.value.ssh_keys, var.ssh_keys)
    dns_servers = each.value.dns_servers
    dns_domain  = each.value.dns_domain

    ip_config = {
      net0 = {
        ipv4 = {
          address = module.addresses.ip_addresses[each.key]
          gateway = module.addresses.gateways[each.key]
        }
      }
    }
  }

  # In the slot that the drive of Proxmox VE has otherwise.
  cdrom = contains(keys(local.vendor_data), each.key) ? {
    ide2 = { volume = onprem_proxmox_cloud_init.this[each.key].volume_id }
  } : null

  started    = each.value.started
  on_boot    = each.value.on_boot
  startup    = each.value.startup_order == null ? null : { order = each.value.startup_order }
  protection = each.value.protection
  reboot     = each.value.reboot

  wait_for_ip = each.value.wait_for_ip
}

resource "onprem_proxmox_firewall_options" "this" {
  for_each = local.firewalls

  vm_id         = onprem_proxmox_vm.this[each.key].vm_id
  enabled       = each.value.enabled
  policy_in     = each.value.policy_in
  policy_out    = each.value.policy_out
  log_level_in  = each.value.log_level_in
  log_level_out = each.value.log_level_out

  # Whoever asks for an address must get an answer.
  dhcp = module.addresses.asks_dhcp[each.key]

  # A VM that is made anew has no firewall.
  lifecycle {
    replace_triggered_by = [onprem_proxmox_vm.this[each.key].uuid]
  }
}

resource "onprem_proxmox_firewall_rules" "this" {
  for_each = local.firewalls

  vm_id = onprem_proxmox_vm.this[each.key].vm_id
  rules = each.value.rules

  lifecycle {
    replace_triggered_by = [onprem_proxmox_vm.this[each.key].uuid]
  }
}
