output "vm_id" {
  description = "VM ids, by name."
  value       = { for name, vm in onprem_proxmox_vm.this : name => vm.vm_id }
}

output "ip_address" {
  description = "Addresses without the prefix length, by name. Null where DHCP gives them."
  value = {
    for name, vm in local.vms :
    name => vm.ip_address == "dhcp" ? null : split("/", vm.ip_address)[0]
  }
}
