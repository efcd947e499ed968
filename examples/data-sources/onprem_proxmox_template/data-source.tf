data "onprem_proxmox_template" "ubuntu" {
  name = "ubuntu22"
  node = "pve1"
}

resource "onprem_proxmox_vm" "web" {
  node  = "pve1"
  name  = "web-01"
  clone = { vm_id = data.onprem_proxmox_template.ubuntu.vm_id }
}
