output "container_id" {
  description = "VM ids of the containers, by host name."
  value       = { for name, container in onprem_proxmox_container.this : name => container.vm_id }
}

output "ip_address" {
  description = "Addresses without the prefix length, by host name: the static one, else the first that the container had when it was last made or changed. Null where there is none."
  value = {
    for name, container in local.containers :
    name => container.ip_address == "dhcp" ? try([
      for address in onprem_proxmox_container.this[name].ip_addresses : address if can(cidrnetmask("${address}/32"))
    ][0], null) : split("/", container.ip_address)[0]
  }
}
