# By hand: terraform apply -invoke=action.onprem_idrac_server_power.restart
action "onprem_idrac_server_power" "restart" {
  config {
    server    = "r750-01"
    operation = "graceful_restart"
    timeout   = "20m"
  }
}

# Or when something was changed that the server reads when it starts.
resource "terraform_data" "boot_settings" {
  input = "pxe"

  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.onprem_idrac_server_power.restart]
    }
  }
}
