# An alias is imported by its scope and name.
terraform import onprem_proxmox_firewall_alias.office 'cluster:office'
