resource "onprem_netbox_prefix" "site" {
  prefix      = "10.20.0.0/16"
  status      = "container"
  description = "Everything in Vienna"
}

# The next free /24 inside it.
resource "onprem_netbox_prefix" "servers" {
  parent_prefix_id = onprem_netbox_prefix.site.id
  prefix_length    = 24
  tags             = ["Terraform"]
}
