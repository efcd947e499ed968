# An image is imported by its node and its volume id; the next apply writes it once.
terraform import onprem_proxmox_cloud_init.web01 pve1/local:iso/web-01.iso
