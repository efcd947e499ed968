variable "servers_prefix_id" {
  description = "Number of the prefix of the servers"
  type        = number
}

# The next free address of a prefix.
resource "onprem_netbox_ip_address" "web" {
  prefix_id = var.servers_prefix_id
  dns_name  = "web.example.com"
  tags      = ["Terraform"]
  custom_fields = {
    cost_center = "4711"
    cpus        = 4
  }
}

# A given one.
resource "onprem_netbox_ip_address" "gateway" {
  address     = "10.20.0.1/24"
  role        = "vip"
  description = "Gateway"
}

output "web" {
  value = onprem_netbox_ip_address.web.ip
}
