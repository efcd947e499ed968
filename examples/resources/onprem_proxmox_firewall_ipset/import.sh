# A set is imported by its scope and name.
terraform import onprem_proxmox_firewall_ipset.management 'cluster:management'
