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

  name      = "dev"
  templates = var.templates
}
