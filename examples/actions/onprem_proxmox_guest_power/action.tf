# By hand: terraform apply -invoke=action.onprem_proxmox_guest_power.restart
action "onprem_proxmox_guest_power" "restart" {
  config {
    vm_id     = 9100
    operation = "reboot"
  }
}

# Or whenever something changes.
resource "terraform_data" "settings" {
  input = "whatever the guest reads when it starts"

  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.onprem_proxmox_guest_power.restart]
    }
  }
}
