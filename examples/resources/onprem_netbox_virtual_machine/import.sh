# A virtual machine is imported by its number, or by its name where no other has it.
terraform import onprem_netbox_virtual_machine.web 7
terraform import onprem_netbox_virtual_machine.web 'web-1'
