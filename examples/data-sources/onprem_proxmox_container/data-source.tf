data "onprem_proxmox_container" "dns" {
  name = "dns-01"
}

output "dns" {
  value = data.onprem_proxmox_container.dns.vm_id
}
