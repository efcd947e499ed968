# An interface is imported by its number.
terraform import onprem_netbox_vm_interface.eth0 8
terraform import onprem_netbox_vm_interface.eth0 '8'
