# A tag is imported by its number or by its name.
terraform import onprem_netbox_tag.terraform 12
terraform import onprem_netbox_tag.terraform 'Terraform'
