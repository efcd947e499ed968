data "onprem_netbox_cluster_type" "this" {
  name = "Proxmox VE"
}

output "cluster_type_id" {
  value = data.onprem_netbox_cluster_type.this.id
}
