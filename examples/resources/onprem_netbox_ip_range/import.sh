# A range is imported by its number or by its first address; @ and a name follow where it is in a VRF.
terraform import onprem_netbox_ip_range.dhcp 8
terraform import onprem_netbox_ip_range.dhcp '10.20.0.100/24'
