import {
  to = onprem_netbox_tag.terraform
  identity = {
    id = 12
  }
}
