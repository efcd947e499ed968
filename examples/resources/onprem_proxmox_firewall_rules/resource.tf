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
}
