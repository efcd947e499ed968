# The list is imported by the number of the guest.
terraform import onprem_proxmox_firewall_rules.web01 9100
