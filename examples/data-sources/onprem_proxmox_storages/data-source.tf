data "onprem_proxmox_storages" "images" {
  node    = "pve1"
  content = "images"
}

output "free_bytes" {
  value = { for storage in data.onprem_proxmox_storages.images.storages : storage.name => storage.size - storage.used }
}
