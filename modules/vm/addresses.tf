module "addresses" {
  source = "../guest-addresses"

  kind      = "VM"
  guests    = local.vms
  prefixes  = var.prefixes
  ip_ranges = var.ip_ranges
  tags      = var.address_tags
}

# They were this module's own once.
moved {
  from = onprem_netbox_ip_address.this
  to   = module.addresses.onprem_netbox_ip_address.this
}
