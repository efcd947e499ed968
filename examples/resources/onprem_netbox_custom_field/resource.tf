resource "onprem_netbox_custom_field" "cost_center" {
  name         = "cost_center"
  label        = "Cost center"
  type         = "text"
  object_types = ["ipam.ipaddress", "ipam.prefix"]
}
