variable "cluster_id" {
  description = "Number of the cluster"
  type        = number
}

resource "onprem_netbox_virtual_machine" "web" {
  name       = "web-1"
  cluster_id = var.cluster_id
  vcpus      = 2
  memory     = 4096
}
