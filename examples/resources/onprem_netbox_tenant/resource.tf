resource "onprem_netbox_tenant" "web" {
  name        = "Web team"
  description = "Shop and landing pages"
}
