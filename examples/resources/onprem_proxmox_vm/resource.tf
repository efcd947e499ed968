# A linked clone of a template.
resource "onprem_proxmox_vm" "web" {
  vm_id = 9100
  node  = "pve1"
  name  = "web-01"
  tags  = ["web"]

  clone = { vm_id = 9000 }

  cpu    = { cores = 2 }
  memory = 4096
  agent  = { enabled = true }

  disks = {
    scsi0 = { storage = "local-lvm", size = 32 }
    scsi1 = { storage = "local-lvm", size = 100, discard = "on" }
  }

  network = {
    net0 = { bridge = "vmbr0", vlan_id = 20 }
  }

  cloud_init = {
    storage   = "local-lvm"
    user      = "ops"
    ip_config = { net0 = { ipv4 = { address = "10.20.0.11/24", gateway = "10.20.0.1" } } }
  }

  on_boot = true
  startup = { order = 2, up_delay = 30 }
  reboot  = "if_needed"
}

# An empty VM that is not started.
resource "onprem_proxmox_vm" "spare" {
  node    = "pve2"
  name    = "spare"
  started = false

  disks = {
    scsi0 = { storage = "local-lvm", size = 16 }
  }
}
