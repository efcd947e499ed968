output "templates" {
  description = "What each template is found by."
  value       = module.environment.templates
}

output "vms" {
  description = "VM id and address of each VM."
  value       = module.environment.vms
}
