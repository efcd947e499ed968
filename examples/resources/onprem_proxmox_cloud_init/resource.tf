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

# Cloud-init reads one medium: the image takes the slot of the cloud-init drive that the template has.
resource "onprem_proxmox_vm" "web01" {
  vm_id = 9100
  node  = "pve1"
  name  = "web-01"

  clone   = { vm_id = 9000 }
  network = { net0 = { bridge = "vmbr0" } }
  cdrom   = { ide2 = { volume = onprem_proxmox_cloud_init.web01.volume_id } }
}
