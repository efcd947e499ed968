variable "virtual_machine_id" {
  description = "Number of the virtual machine"
  type        = number
}

resource "onprem_netbox_service" "https" {
  name               = "https"
  protocol           = "tcp"
  ports              = [443]
  parent_object_type = "virtualization.virtualmachine"
  parent_object_id   = var.virtual_machine_id
}
