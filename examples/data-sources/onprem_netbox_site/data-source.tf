data "onprem_netbox_site" "this" {
  name = "Vienna"
}

output "site_id" {
  value = data.onprem_netbox_site.this.id
}
