# A tenant is imported by its number or by its name.
terraform import onprem_netbox_tenant.web 3
terraform import onprem_netbox_tenant.web 'Web team'
