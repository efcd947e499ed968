output "vm_id" {
  description = "VM ids, by name."
  value       = { for name, vm in onprem_proxmox_vm.this : name => vm.vm_id }
}

output "ip_address" {
  description = "Addresses without the prefix length, by name: the static one, else the first that the guest agent told when the VM was last made or changed. Null where there is none."
  value = {
    for name, vm in local.vms :
    name => vm.ip_address == "dhcp" ? try([
      for address in onprem_proxmox_vm.this[name].ip_addresses : address if can(cidrnetmask("${address}/32"))
    ][0], null) : split("/", vm.ip_address)[0]
  }
}
