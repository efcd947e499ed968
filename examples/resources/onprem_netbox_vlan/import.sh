# A VLAN is imported by its number, or by its name where no other VLAN has it.
terraform import onprem_netbox_vlan.servers 31
terraform import onprem_netbox_vlan.servers 'servers'
