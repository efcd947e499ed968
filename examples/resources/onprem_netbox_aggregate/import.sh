# An aggregate is imported by its number or by its network.
terraform import onprem_netbox_aggregate.private 3
terraform import onprem_netbox_aggregate.private '10.0.0.0/8'
