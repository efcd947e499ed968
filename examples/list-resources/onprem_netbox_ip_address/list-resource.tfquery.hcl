# terraform query -generate-config-out=ip_address.tf
list "onprem_netbox_ip_address" "lab" {
  provider         = onprem
  include_resource = true

  config {
    parent = "10.20.0.0/24"
    status = "active"
  }
}
