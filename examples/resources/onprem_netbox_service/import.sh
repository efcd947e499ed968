# A service is imported by its number.
terraform import onprem_netbox_service.https 10
terraform import onprem_netbox_service.https '10'
