data "onprem_netbox_tenant" "this" {
  name = "Web team"
}

output "tenant_id" {
  value = data.onprem_netbox_tenant.this.id
}
