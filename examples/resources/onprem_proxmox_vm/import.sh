# A VM is imported by its number, with or without its node.
terraform import onprem_proxmox_vm.web 9100
terraform import onprem_proxmox_vm.web pve1/9100
