# By hand: terraform apply -invoke=action.onprem_proxmox_guest_migrate.to_pve2
action "onprem_proxmox_guest_migrate" "to_pve2" {
  config {
    vm_id       = 9100
    target_node = "pve2"
  }
}

# A container is down meanwhile, which has to be allowed.
action "onprem_proxmox_guest_migrate" "container" {
  config {
    vm_id          = 9200
    target_node    = "pve2"
    allow_downtime = true
    timeout        = "20m"
  }
}
