# A container is imported by its number, with or without its node.
terraform import onprem_proxmox_container.dns 9200
terraform import onprem_proxmox_container.dns pve1/9200
