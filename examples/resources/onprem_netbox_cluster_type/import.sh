# A type of clusters is imported by its number or by its name.
terraform import onprem_netbox_cluster_type.proxmox 5
terraform import onprem_netbox_cluster_type.proxmox 'Proxmox VE'
