# In front of the other rules of the VM.
resource "onprem_proxmox_firewall_rule" "ssh" {
  scope  = "guest/9100"
  name   = "ssh"
  type   = "in"
  action = "ACCEPT"
  macro  = "SSH"
  source = "10.20.0.0/24"
}

resource "onprem_proxmox_firewall_rule" "web_interface" {
  scope   = "cluster"
  name    = "web-interface"
  comment = "Administrators"
  type    = "in"
  action  = "ACCEPT"
  proto   = "tcp"
  dport   = "8006"
}
