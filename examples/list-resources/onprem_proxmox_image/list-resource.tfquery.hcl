# terraform query
list "onprem_proxmox_image" "isos" {
  provider = onprem

  config {
    content = "iso"
  }
}
