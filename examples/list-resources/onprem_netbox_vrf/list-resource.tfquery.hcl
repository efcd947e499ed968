# terraform query -generate-config-out=vrf.tf
list "onprem_netbox_vrf" "lab" {
  provider         = onprem
  include_resource = true

  config {
    tag = "lab"
  }
}
