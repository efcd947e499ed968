# The options are imported by the number of the guest.
terraform import onprem_proxmox_firewall_options.web01 9100
