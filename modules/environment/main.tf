locals {
  # Image files and templates are named after it: a storage may be shared with other environments.
  prefix = "${var.name}-"

  # What an entry leaves out is for the module that it goes to.
  guests = {
    for kind, configs in { vm = var.vm_configs, lxc = var.lxc_configs } : kind => [
      for guest in configs : merge(
        guest,
        can(guest.vm_id + 0) ? { vm_id = guest.vm_id + var.vm_id_offset } : {},
        var.gateway == null || !can(regex("/", guest.ip_address)) ? {} : { gateway = try(coalesce(guest.gateway), var.gateway) },
        var.gateway == null || try(guest.address_from, null) == null ? {} : {
          address_from = merge(guest.address_from, { gateway = try(coalesce(guest.address_from.gateway), var.gateway) })
        },
      )
    ]
  }
}

module "template" {
  source   = "../template"
  for_each = var.templates

  name               = "${local.prefix}${each.key}"
  node               = coalesce(each.value.node, var.node)
  vm_id              = each.value.vm_id + var.vm_id_offset
  image_url          = each.value.image_url
  checksum           = each.value.checksum
  checksum_algorithm = each.value.checksum_algorithm
  image_format       = each.value.image_format
  image_storage      = each.value.image_storage
  cores              = each.value.cores
  memory             = each.value.memory
  disk_storage       = coalesce(each.value.disk_storage, var.disk_storage)
  disk_size          = each.value.disk_size
  bridge             = var.bridge
  vlan_id            = var.vlan_id
  tags               = [var.name, "template"]
  protection         = var.protect_templates
}

resource "onprem_proxmox_image" "container_template" {
  for_each = var.container_templates

  node      = coalesce(each.value.node, var.node)
  storage   = each.value.storage
  content   = "vztmpl"
  file_name = "${local.prefix}${basename(each.value.url)}"
  url       = each.value.url
  checksum  = each.value.checksum
}

module "vm" {
  source = "../vm"

  node          = var.node
  allowed_nodes = var.allowed_nodes
  disk_storage  = var.disk_storage
  iso_storage   = var.iso_storage
  bridge        = var.bridge
  vlan_id       = var.vlan_id
  user          = var.user
  ssh_keys      = var.ssh_keys
  vendor_data   = var.vendor_data
  tags          = [var.name]
  templates     = { for name, template in module.template : name => template.vm_id }
  vm_configs    = local.guests.vm

  prefixes     = var.prefixes
  ip_ranges    = var.ip_ranges
  address_tags = var.address_tags
}

module "lxc" {
  source = "../lxc"

  node          = var.node
  allowed_nodes = var.allowed_nodes
  disk_storage  = var.disk_storage
  bridge        = var.bridge
  vlan_id       = var.vlan_id
  ssh_keys      = var.ssh_keys
  tags          = [var.name]
  templates     = { for name, image in onprem_proxmox_image.container_template : name => image.volume_id }
  lxc_configs   = local.guests.lxc

  prefixes     = var.prefixes
  ip_ranges    = var.ip_ranges
  address_tags = var.address_tags
}
