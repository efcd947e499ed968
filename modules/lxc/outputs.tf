output "container_id" {
  description = "VM ids of the containers, by host name."
  value       = { for name, container in onprem_proxmox_container.this : name => container.vm_id }
}

output "ip_address" {
  description = "Addresses without the prefix length, by host name: the static one or that of NetBox, else the first that the container had when it was last made or changed. Null where there is none."
  value = {
    for name, address in module.addresses.ip_addresses : name => module.addresses.asks_dhcp[name] ? try([
      for told in onprem_proxmox_container.this[name].ip_addresses : told if can(cidrnetmask("${told}/32"))
    ][0], null) : split("/", address)[0]
  }
}
