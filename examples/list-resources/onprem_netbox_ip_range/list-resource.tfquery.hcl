# terraform query -generate-config-out=ip_range.tf
list "onprem_netbox_ip_range" "dhcp" {
  provider         = onprem
  include_resource = true

  config {
    tag = "dhcp"
  }
}
