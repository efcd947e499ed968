resource "onprem_netbox_tag" "terraform" {
  name        = "Terraform"
  color       = "7b42bc"
  description = "Managed by Terraform"
}
