resource "onprem_proxmox_cloud_init" "web01" {
  node      = "pve1"
  storage   = "local"
  file_name = "web-01.iso"

  user_data = <<-EOT
    #cloud-config
    hostname: web-01
    packages: [nginx]
  EOT

  network_config = yamlencode({
    version = 2
    ethernets = {
      eth0 = { dhcp4 = true }
    }
  })
}
