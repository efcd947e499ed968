resource "onprem_proxmox_firewall_ipset" "management" {
  scope   = "cluster"
  name    = "management"
  comment = "May reach the nodes"

  entries = {
    "10.20.0.0/24" = { comment = "Administrators" }
    "10.20.0.66"   = { nomatch = true }
  }
}
