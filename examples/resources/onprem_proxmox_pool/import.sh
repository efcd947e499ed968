# A pool is imported by its name.
terraform import onprem_proxmox_pool.web 'web'
