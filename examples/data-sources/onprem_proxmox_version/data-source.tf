data "onprem_proxmox_version" "this" {}

output "proxmox_version" {
  value = data.onprem_proxmox_version.this.version
}
