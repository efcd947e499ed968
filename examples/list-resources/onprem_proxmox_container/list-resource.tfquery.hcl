# terraform query -generate-config-out=containers.tf
list "onprem_proxmox_container" "on_pve1" {
  provider         = onprem
  include_resource = true

  config {
    node = "pve1"
  }
}
