resource "onprem_proxmox_vm" "web01" {
  vm_id = 9100
  node  = "pve1"
  name  = "web-01"

  network = { net0 = { bridge = "vmbr0", firewall = true } }
}

resource "onprem_proxmox_firewall_options" "web01" {
  vm_id     = onprem_proxmox_vm.web01.vm_id
  enabled   = true
  policy_in = "DROP"

  log_level_in = "info"

  # A guest that is made anew has no firewall: then this is made anew with it.
  lifecycle {
    replace_triggered_by = [onprem_proxmox_vm.web01.id]
  }
}
