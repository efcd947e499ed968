# A custom field is imported by its number or by its name.
terraform import onprem_netbox_custom_field.cost_center 12
terraform import onprem_netbox_custom_field.cost_center 'cost_center'
