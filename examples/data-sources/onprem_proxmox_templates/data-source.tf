data "onprem_proxmox_templates" "linux" {
  node = "pve1"
  tag  = "linux"
}

output "linux" {
  value = { for template in data.onprem_proxmox_templates.linux.templates : template.name => template.vm_id }
}
