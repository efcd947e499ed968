# A group is imported by its name.
terraform import onprem_proxmox_firewall_group.web 'web'
