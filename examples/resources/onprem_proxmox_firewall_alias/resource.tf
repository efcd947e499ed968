resource "onprem_proxmox_firewall_alias" "office" {
  scope   = "cluster"
  name    = "office"
  cidr    = "10.20.0.0/24"
  comment = "Desks"
}
