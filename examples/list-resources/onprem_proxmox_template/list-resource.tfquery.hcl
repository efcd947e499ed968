# terraform query
list "onprem_proxmox_template" "all" {
  provider = onprem
}
