variable "root_password" {
  type      = string
  sensitive = true
  ephemeral = true
}

resource "onprem_proxmox_image" "alpine" {
  node     = "pve1"
  storage  = "local"
  content  = "vztmpl"
  url      = "https://images.example.com/alpine-3.22-default_20250617_amd64.tar.zst"
  checksum = "2f9da26137a6d909d2cbed43cdff23231454d68566aa88755ad322ff2e803e87"
}

resource "onprem_proxmox_container" "dns" {
  vm_id       = 9200
  node        = "pve1"
  hostname    = "dns-01"
  description = "Name server"
  tags        = ["dns"]

  template = onprem_proxmox_image.alpine.volume_id
  password = var.root_password
  ssh_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGkn0Nvt1FHf1tqVJ3jVV4YbBZxY0Mv6Vn1P2xkzEiMo ops"]

  cores    = 1
  memory   = 256
  features = { nesting = true }

  rootfs = { storage = "local-lvm", size = 4 }
  mount_points = {
    mp0 = { path = "/srv", storage = "local-lvm", size = 8, backup = true }
  }

  network = {
    net0 = {
      name         = "eth0"
      bridge       = "vmbr0"
      vlan_id      = 20
      ipv4_address = "10.20.0.53/24"
      ipv4_gateway = "10.20.0.1"
    }
  }

  on_boot = true
}
