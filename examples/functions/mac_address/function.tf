# The same address at every apply, and in every plan before it.
resource "onprem_proxmox_vm" "web" {
  node = "pve1"
  name = "web-01"

  network = {
    net0 = {
      bridge      = "vmbr0"
      mac_address = provider::onprem::mac_address("prod/web-01/net0")
    }
  }
}
