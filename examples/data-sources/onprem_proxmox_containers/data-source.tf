data "onprem_proxmox_containers" "dns" {
  tag      = "dns"
  template = false
}

output "dns" {
  value = { for container in data.onprem_proxmox_containers.dns.containers : container.vm_id => container.name }
}
