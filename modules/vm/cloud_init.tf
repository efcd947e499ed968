# Cloud-init reads one medium and no other. So a VM with vendor data has all its data on an image of ours, and no
# drive of Proxmox VE beside it.
locals {
  vendor_data = {
    for name, vm in local.vms : name => coalesce(vm.vendor_data, var.vendor_data)
    if vm.vendor_data != null || var.vendor_data != null
  }

  # The network configuration names the card by its address, before there is a VM that has one.
  mac_addresses = {
    for name, vm in local.vms : name => vm.mac_address != null ? vm.mac_address : (
      contains(keys(local.vendor_data), name) && !module.addresses.asks_dhcp[name] ? join(":", concat(["02"], [
        for index in range(5) : substr(sha256("${coalesce(vm.vm_id, 0)}/${name}"), 2 * index, 2)
      ])) : null
    )
  }

  # What Proxmox VE would say on its drive.
  user_data = {
    for name, vm in local.vms : name => {
      for key, value in {
        hostname            = name
        fqdn                = vm.dns_domain == null ? null : "${name}.${vm.dns_domain}"
        manage_etc_hosts    = true
        user                = try(coalesce(vm.user, var.user), null)
        disable_root        = try(coalesce(vm.user, var.user), null) == "root" ? false : null
        users               = ["default"]
        ssh_authorized_keys = coalesce(vm.ssh_keys, var.ssh_keys)
        package_upgrade     = true
      } : key => value if value != null
    } if contains(keys(local.vendor_data), name)
  }

  # Without one the first network card asks DHCP.
  network_config = {
    for name, vm in local.vms : name => {
      version = 1
      config = concat(
        [{
          type        = "physical"
          name        = "eth0"
          mac_address = lower(local.mac_addresses[name])
          subnets = [{
            for key, value in {
              type    = "static"
              address = module.addresses.ip_addresses[name]
              gateway = module.addresses.gateways[name]
            } : key => value if value != null
          }]
        }],
        vm.dns_servers == null && vm.dns_domain == null ? [] : [{
          type    = "nameserver"
          address = vm.dns_servers == null ? [] : vm.dns_servers
          search  = vm.dns_domain == null ? [] : [vm.dns_domain]
        }],
      )
    } if contains(keys(local.vendor_data), name) && !module.addresses.asks_dhcp[name]
  }
}

resource "onprem_proxmox_cloud_init" "this" {
  for_each = local.vendor_data

  node      = coalesce(local.vms[each.key].node, var.node)
  storage   = var.iso_storage
  file_name = "${join("-", compact([local.vms[each.key].vm_id, each.key]))}-cloud-init.iso"

  user_data = "#cloud-config\n${yamlencode(local.user_data[each.key])}"
  # Not by try(): that would not know it as long as any VM waits for its address.
  network_config = module.addresses.asks_dhcp[each.key] ? null : yamlencode(local.network_config[each.key])
  vendor_data    = each.value
}
