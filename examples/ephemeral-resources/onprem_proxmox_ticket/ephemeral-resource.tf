variable "operator_password" {
  type      = string
  ephemeral = true
}

ephemeral "onprem_proxmox_ticket" "operator" {
  username = "operator@pve"
  password = var.operator_password
}

# The ticket goes where nothing is stored: into another provider's block, or a write-only argument.
locals {
  cookie = "PVEAuthCookie=${ephemeral.onprem_proxmox_ticket.operator.ticket}"
}
