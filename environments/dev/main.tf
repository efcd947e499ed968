provider "onprem" {
  owner = "dev"

  proxmox = {
    endpoints      = var.proxmox_endpoints
    api_token      = var.proxmox_api_token
    ca_certificate = var.proxmox_ca_certificate
  }
}

module "template" {
  source   = "../../modules/template"
  for_each = var.templates

  name      = each.key
  node      = each.value.node
  vm_id     = each.value.vm_id
  image_url = each.value.image_url
  checksum  = each.value.checksum
  cores     = each.value.cores
  memory    = each.value.memory
  disk_size = each.value.disk_size
  tags      = ["dev", "template"]
}
