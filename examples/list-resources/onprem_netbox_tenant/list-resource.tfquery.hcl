# terraform query -generate-config-out=tenant.tf
list "onprem_netbox_tenant" "all" {
  provider         = onprem
  include_resource = true
}
