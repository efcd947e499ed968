output "vm_id" {
  description = "VM ids, by name."
  value       = { for name, vm in onprem_proxmox_vm.this : name => vm.vm_id }
}

output "ip_address" {
  description = "Addresses without the prefix length, by name: the static one or that of NetBox, else the first that the guest agent told when the VM was last made or changed. Null where there is none."
  value = {
    for name, address in module.addresses.ip_addresses : name => module.addresses.asks_dhcp[name] ? try([
      for told in onprem_proxmox_vm.this[name].ip_addresses : told if can(cidrnetmask("${told}/32"))
    ][0], null) : split("/", address)[0]
  }
}
