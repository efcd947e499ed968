data "onprem_netbox_cluster" "this" {
  name = "vienna"
}

output "cluster_id" {
  value = data.onprem_netbox_cluster.this.id
}
