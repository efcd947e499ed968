provider "onprem" {
  owner = "staging"

  proxmox = {
    endpoints      = var.proxmox_endpoints
    api_token      = var.proxmox_api_token
    ca_certificate = var.proxmox_ca_certificate
  }
}

module "environment" {
  source = "../../modules/environment"

  name          = "staging"
  node          = var.node
  allowed_nodes = var.allowed_nodes
  disk_storage  = var.disk_storage
  bridge        = var.bridge
  vm_id_offset  = var.vm_id_offset
  vlan_id       = var.vlan_id
  gateway       = var.gateway
  ssh_keys      = var.ssh_keys
  templates     = var.templates
  vm_configs    = var.vm_configs
}
