# A MAC address is imported by its number, or by itself where it is there once.
terraform import onprem_netbox_mac_address.eth0 9
terraform import onprem_netbox_mac_address.eth0 'BC:24:11:00:00:01'
