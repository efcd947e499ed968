# A role is imported by its number or by its name.
terraform import onprem_netbox_role.servers 2
terraform import onprem_netbox_role.servers 'Servers'
