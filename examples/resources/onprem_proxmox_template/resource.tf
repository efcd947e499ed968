resource "onprem_proxmox_image" "ubuntu22" {
  node     = "pve1"
  storage  = "local"
  content  = "import"
  url      = "https://images.example.com/ubuntu-22.04.qcow2"
  checksum = "6a657c2a61fdfbb1584fee9336f5d9d7ccac9943918e771e7bd728d12bcc9eb2"
}

resource "onprem_proxmox_template" "ubuntu22" {
  vm_id       = 9000
  node        = "pve1"
  name        = "ubuntu22"
  description = "Ubuntu 22.04 LTS"
  tags        = ["linux", "ubuntu"]

  image                   = onprem_proxmox_image.ubuntu22.volume_id
  rebuild_on_image_change = true

  cpu             = { cores = 2, type = "x86-64-v2-AES" }
  memory          = 2048
  agent           = { enabled = true }
  os_type         = "l26"
  scsi_controller = "virtio-scsi-single"
  serial0         = "socket"
  vga             = { type = "serial0" }

  disks = {
    scsi0 = { storage = "local-lvm", size = 20, discard = "on", iothread = true }
  }

  network = {
    net0 = { bridge = "vmbr0", vlan_id = 20 }
  }

  cloud_init = {
    storage   = "local-lvm"
    user      = "ops"
    ssh_keys  = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGkn0Nvt1FHf1tqVJ3jVV4YbBZxY0Mv6Vn1P2xkzEiMo ops"]
    ip_config = { net0 = { ipv4 = { address = "dhcp" } } }
  }

  timeouts = { create = "15m" }
}
