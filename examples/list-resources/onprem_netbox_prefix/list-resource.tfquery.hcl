# terraform query -generate-config-out=prefix.tf
list "onprem_netbox_prefix" "site" {
  provider         = onprem
  include_resource = true

  config {
    within = "10.20.0.0/16"
  }
}
