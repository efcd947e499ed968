# A cluster is imported by its number, or by its name where no other has it.
terraform import onprem_netbox_cluster.vienna 6
terraform import onprem_netbox_cluster.vienna 'vienna'
