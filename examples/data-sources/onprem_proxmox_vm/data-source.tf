data "onprem_proxmox_vm" "template" {
  name = "ubuntu22"
}

resource "onprem_proxmox_vm" "clone" {
  node  = data.onprem_proxmox_vm.template.node
  name  = "clone"
  clone = { vm_id = data.onprem_proxmox_vm.template.vm_id }
}
