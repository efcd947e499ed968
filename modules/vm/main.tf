locals {
  vms = { for vm in var.vm_configs : vm.name => vm }
}

resource "onprem_proxmox_vm" "this" {
  for_each = local.vms

  vm_id       = each.value.vm_id
  node        = coalesce(each.value.node, var.node)
  name        = each.key
  description = each.value.description
  tags        = setunion(var.tags, each.value.tags)

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
      mac_address = each.value.mac_address
    }
  }

  cloud_init = {
    storage     = each.value.disk_storage
    user        = try(coalesce(each.value.user, var.user), null)
    ssh_keys    = coalesce(each.value.ssh_keys, var.ssh_keys)
    dns_servers = each.value.dns_servers
    dns_domain  = each.value.dns_domain

    ip_config = {
      net0 = {
        ipv4 = {
          address = each.value.ip_address
          gateway = each.value.gateway
        }
      }
    }
  }

  started    = each.value.started
  on_boot    = each.value.on_boot
  startup    = each.value.startup_order == null ? null : { order = each.value.startup_order }
  protection = each.value.protection
  reboot     = each.value.reboot
}
