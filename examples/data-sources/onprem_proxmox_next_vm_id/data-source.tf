data "onprem_proxmox_next_vm_id" "this" {
  first = 9100
  last  = 9199
}

output "free" {
  value = data.onprem_proxmox_next_vm_id.this.vm_id
}
