# A site is imported by its number or by its name.
terraform import onprem_netbox_site.vienna 4
terraform import onprem_netbox_site.vienna 'Vienna'
