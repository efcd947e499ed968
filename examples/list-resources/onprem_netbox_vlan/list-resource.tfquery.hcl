# terraform query -generate-config-out=vlan.tf
list "onprem_netbox_vlan" "storage" {
  provider         = onprem
  include_resource = true

  config {
    name = "storage"
  }
}
