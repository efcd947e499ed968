data "onprem_proxmox_version" "this" {}

check "new_enough" {
  assert {
    condition     = provider::onprem::version_compare(data.onprem_proxmox_version.this.version, "9.0") >= 0
    error_message = "This configuration needs Proxmox VE 9."
  }
}
