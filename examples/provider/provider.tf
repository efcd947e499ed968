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

variable "idrac_password" {
  description = "Password of the user on the iDRACs."
  type        = string
  sensitive   = true
}

variable "netbox_token" {
  description = "API token of NetBox, of version 1 or 2"
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

  idrac = {
    username       = "terraform"
    password       = var.idrac_password
    ca_certificate = "/etc/ssl/idrac-root-ca.pem"

    servers = {
      r750-01 = { endpoint = "https://10.0.0.21" }
      r770-01 = { endpoint = "https://10.0.0.22" }
    }
  }

  netbox = {
    url          = "https://netbox.example"
    token        = var.netbox_token
    default_tags = ["Terraform"]
  }
}
