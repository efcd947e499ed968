resource "onprem_proxmox_vm" "web01" {
  vm_id = 9100
  node  = "pve1"
  name  = "web-01"

  network = { net0 = { bridge = "vmbr0", firewall = true } }
}

resource "onprem_proxmox_firewall_rules" "web01" {
  vm_id = onprem_proxmox_vm.web01.vm_id

  rules = [
    {
      type    = "in"
      action  = "ACCEPT"
      macro   = "SSH"
      source  = "10.0.0.0/24"
      comment = "Administrators"
    },
    {
      type   = "in"
      action = "ACCEPT"
      proto  = "tcp"
      dport  = "80,443"
    },
    {
      type   = "in"
      action = "DROP"
      log    = "info"
    },
  ]

  # A guest that is made anew has no firewall: then this is made anew with it.
  lifecycle {
    replace_triggered_by = [onprem_proxmox_vm.web01.id]
  }
}
