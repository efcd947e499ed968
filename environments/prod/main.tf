provider "onprem" {
  owner = "prod"

  proxmox = {
    endpoints      = var.proxmox_endpoints
    api_token      = var.proxmox_api_token
    ca_certificate = var.proxmox_ca_certificate
  }

  netbox = {
    url            = var.netbox_url
    token          = var.netbox_token
    ca_certificate = var.netbox_ca_certificate
  }

  idrac = {
    username       = var.idrac_username
    password       = var.idrac_password
    ca_certificate = var.idrac_ca_certificate
    fingerprints   = var.idrac_fingerprints
    servers        = var.idrac_servers
  }
}

locals {
  # Guests with an address of their own, by it: NetBox must give these addresses to nobody. What is no address, or
  # two guests', is refused by the modules.
  static = {
    for guest in concat(var.vm_configs, var.lxc_configs) : split("/", guest.ip_address)[0] => {
      network  = "${cidrhost(guest.ip_address, 0)}/${split("/", guest.ip_address)[1]}"
      dns_name = join(".", compact([try(guest.name, guest.hostname), try(guest.dns_domain, null)]))
    }... if can(cidrhost(guest.ip_address, 0))
  }

  # In no prefix, because of another prefix length for example.
  not_in_netbox = [
    for ip, guests in local.static : "${guests[0].dns_name} (${ip})" if !contains(keys(var.prefixes), guests[0].network)
  ]
}

check "static_addresses_are_in_netbox" {
  assert {
    condition     = length(local.not_in_netbox) == 0
    error_message = "NetBox may give these addresses to others, whose networks are no prefixes: ${join(", ", local.not_in_netbox)}."
  }
}

module "netbox_ipam" {
  source = "../../modules/netbox-ipam"

  tags      = var.tags
  tenants   = var.tenants
  vlans     = var.vlans
  ip_ranges = var.ip_ranges

  prefixes = {
    for network, prefix in var.prefixes : network => merge(prefix, {
      reserved = merge(try(prefix.reserved, {}), {
        for ip, guests in local.static : ip => { dns_name = guests[0].dns_name } if guests[0].network == network
      })
    })
  }
}

module "environment" {
  source = "../../modules/environment"

  name                = "prod"
  node                = var.node
  allowed_nodes       = var.allowed_nodes
  disk_storage        = var.disk_storage
  bridge              = var.bridge
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

  prefixes     = module.netbox_ipam.prefix_id
  ip_ranges    = module.netbox_ipam.ip_range_id
  address_tags = module.netbox_ipam.tags
}

# No host is restarted: what needs it is staged for whoever restarts the host next.
module "server_firmware" {
  source = "../../modules/server-firmware"

  image_url      = var.firmware_url
  baselines      = var.firmware_baselines
  server_configs = var.server_configs
}
