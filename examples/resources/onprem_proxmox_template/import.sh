# A template is imported by its number, with or without its node.
terraform import onprem_proxmox_template.ubuntu22 9000
terraform import onprem_proxmox_template.ubuntu22 pve1/9000
