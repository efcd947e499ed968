output "vm_id" {
  description = "VM id of the template, to clone it by."
  value       = onprem_proxmox_template.this.vm_id
}

output "template_id" {
  description = "Id of the template as a string."
  value       = onprem_proxmox_template.this.template_id
}

output "image_id" {
  description = "Volume id of the image that the template was built from."
  value       = onprem_proxmox_image.this.volume_id
}
