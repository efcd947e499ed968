terraform {
  required_providers {
    onprem = {
      source = "onprem/onprem"
    }
  }
}

variable "proxmox_api_token" {
  description = "API token of Proxmox VE, for example terraform@pve!prod=…"
  type        = string
  sensitive   = true
}

provider "onprem" {
  owner = "prod"

  proxmox = {
    endpoints      = ["https://pve1.example:8006", "https://pve2.example:8006"]
    api_token      = var.proxmox_api_token
    ca_certificate = "/etc/ssl/pve-root-ca.pem"
  }
}
