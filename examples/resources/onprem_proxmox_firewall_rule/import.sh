# A rule is imported by its scope and name.
terraform import onprem_proxmox_firewall_rule.ssh 'guest/9100:ssh'
