ephemeral "onprem_idrac_session" "r750" {
  server = "r750-01"
}

# The token goes where nothing is stored: into another provider's block, or a write-only argument.
locals {
  inventory_url = "${ephemeral.onprem_idrac_session.r750.endpoint}/redfish/v1/Systems"
  headers       = { "X-Auth-Token" = ephemeral.onprem_idrac_session.r750.token }
}
