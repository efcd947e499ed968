provider "onprem" {
  owner = "dev"

  proxmox = {
    endpoints      = var.proxmox_endpoints
    api_token      = var.proxmox_api_token
    ca_certificate = var.proxmox_ca_certificate
  }
}

module "environment" {
  source = "../../modules/environment"

  name         = "dev"
  node         = var.node
  disk_storage = var.disk_storage
  bridge       = var.bridge
  templates    = var.templates
}
