# An image is imported by its node and its volume id.
terraform import onprem_proxmox_image.debian13 pve1/local:import/debian-13.qcow2
