# An address is imported by its number or by itself; @ and a name follow where it is in a VRF.
terraform import onprem_netbox_ip_address.web 1204
terraform import onprem_netbox_ip_address.web '10.20.0.5/24@lab'
