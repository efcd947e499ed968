# A prefix is imported by its number or by its network; @ and a name follow where it is in a VRF.
terraform import onprem_netbox_prefix.servers 57
terraform import onprem_netbox_prefix.servers '10.20.4.0/24@lab'
