import {
  to = onprem_netbox_tag.terraform
  id = "Terraform"
}
