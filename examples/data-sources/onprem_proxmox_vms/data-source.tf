data "onprem_proxmox_vms" "web" {
  tag      = "web"
  template = false
}

output "web" {
  value = { for vm in data.onprem_proxmox_vms.web.vms : vm.vm_id => vm.name }
}
