provider "onprem" {
  owner = "prod"

  proxmox = {
    endpoints      = var.proxmox_endpoints
    api_token      = var.proxmox_api_token
    ca_certificate = var.proxmox_ca_certificate
  }
}

module "environment" {
  source = "../../modules/environment"

  name                = "prod"
  vm_id_offset        = var.vm_id_offset
  vlan_id             = var.vlan_id
  gateway             = var.gateway
  ssh_keys            = var.ssh_keys
  vendor_data         = var.vendor_data
  templates           = var.templates
  protect_templates   = var.protect_templates
  container_templates = var.container_templates
  vm_configs          = var.vm_configs
  lxc_configs         = var.lxc_configs
}
