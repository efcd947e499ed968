output "templates" {
  description = "What each template is found by."
  value       = module.environment.templates
}

output "vms" {
  description = "VM id and address of each VM."
  value       = module.environment.vms
}

output "containers" {
  description = "VM id and address of each container."
  value       = module.environment.containers
}

output "firmware" {
  description = "Of each server: whether its firmware is done, staged or needs-power-cycle, and the versions that run now."
  value = {
    for name, state in module.server_firmware.state : name => {
      state    = state
      versions = module.server_firmware.installed_versions[name]
    }
  }
}

output "pending_reboot" {
  description = "Names of the servers whose updates wait for a restart of the host."
  value       = module.server_firmware.pending_reboot
}
