output "state" {
  description = "By server: done, staged while an update waits for a restart of the host, or needs-power-cycle."
  value       = { for name, firmware in onprem_idrac_firmware.this : name => firmware.state }
}

output "pending_reboot" {
  description = "Names of the servers whose updates wait for a restart of the host."
  value       = sort([for name, firmware in onprem_idrac_firmware.this : name if firmware.pending_reboot])
}

output "installed_versions" {
  description = "Versions that run now, by server and component."
  value = {
    for name, firmware in onprem_idrac_firmware.this :
    name => { for key, component in firmware.components : key => component.installed_version }
  }
}
