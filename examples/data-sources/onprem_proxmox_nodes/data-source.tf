data "onprem_proxmox_nodes" "all" {}

output "online" {
  value = [for node in data.onprem_proxmox_nodes.all.nodes : node.name if node.status == "online"]
}
