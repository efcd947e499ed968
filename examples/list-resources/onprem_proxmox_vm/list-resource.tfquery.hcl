# terraform query -generate-config-out=web.tf
list "onprem_proxmox_vm" "web" {
  provider         = onprem
  include_resource = true

  config {
    tag = "web"
  }
}
