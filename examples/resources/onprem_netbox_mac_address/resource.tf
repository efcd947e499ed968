variable "interface_id" {
  description = "Number of the interface"
  type        = number
}

resource "onprem_netbox_mac_address" "eth0" {
  mac_address          = "BC:24:11:00:00:01"
  assigned_object_type = "virtualization.vminterface"
  assigned_object_id   = var.interface_id
}
