variable "virtual_machine_id" {
  description = "Number of the virtual machine"
  type        = number
}

resource "onprem_netbox_vm_interface" "eth0" {
  virtual_machine_id = var.virtual_machine_id
  name               = "eth0"
  mtu                = 1500
}
