# A registry is imported by its number or by its name.
terraform import onprem_netbox_rir.rfc1918 1
terraform import onprem_netbox_rir.rfc1918 'RFC 1918'
