provider "onprem" {
  owner = "staging"

  proxmox = {
    endpoints      = var.proxmox_endpoints
    api_token      = var.proxmox_api_token
    ca_certificate = var.proxmox_ca_certificate
  }
}

module "template" {
  source   = "../../modules/template"
  for_each = var.templates

  # The image's file is named after it, and the storage may be shared with other environments.
  name      = "staging-${each.key}"
  node      = each.value.node
  vm_id     = each.value.vm_id + var.vm_id_offset
  image_url = each.value.image_url
  checksum  = each.value.checksum
  cores     = each.value.cores
  memory    = each.value.memory
  disk_size = each.value.disk_size
  vlan_id   = var.vlan_id
  tags      = ["staging", "template"]
}

module "vm" {
  source = "../../modules/vm"

  node      = "pve1"
  vlan_id   = var.vlan_id
  user      = "ops"
  ssh_keys  = var.ssh_keys
  tags      = ["staging"]
  templates = { for name, template in module.template : name => template.vm_id }

  vm_configs = [
    for vm in var.vm_configs : merge(vm, {
      vm_id   = vm.vm_id + var.vm_id_offset
      gateway = vm.ip_address == null ? null : var.gateway
    })
  ]
}
