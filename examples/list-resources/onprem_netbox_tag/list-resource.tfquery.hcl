# terraform query -generate-config-out=tag.tf
list "onprem_netbox_tag" "all" {
  provider         = onprem
  include_resource = true
}
