resource "onprem_proxmox_firewall_group" "web" {
  name    = "web"
  comment = "Web servers"

  rules = [
    {
      type   = "in"
      action = "ACCEPT"
      proto  = "tcp"
      dport  = "80,443"
    },
  ]
}
