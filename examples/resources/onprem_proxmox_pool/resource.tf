resource "onprem_proxmox_pool" "web" {
  name     = "web"
  comment  = "Web servers"
  storages = ["local-lvm"]
}

resource "onprem_proxmox_vm" "web" {
  node = "pve1"
  name = "web-01"
  pool = onprem_proxmox_pool.web.name
}
