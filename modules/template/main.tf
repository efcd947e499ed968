locals {
  # A new checksum is a new file, which can be there beside the old one.
  image_file_name = "${var.name}-${substr(var.checksum, 0, 8)}.${var.image_format}"
}

resource "onprem_proxmox_image" "this" {
  node                = var.node
  storage             = var.image_storage
  content             = "import"
  file_name           = local.image_file_name
  url                 = var.image_url
  checksum            = var.checksum
  checksum_algorithm  = var.checksum_algorithm
  verify_certificates = var.verify_certificates

  # A download that fails must not cost the image that is there.
  lifecycle {
    create_before_destroy = true
  }
}

resource "onprem_proxmox_template" "this" {
  vm_id       = var.vm_id
  node        = var.node
  name        = var.name
  description = var.description
  tags        = var.tags
  protection  = var.protection

  image                   = onprem_proxmox_image.this.volume_id
  rebuild_on_image_change = var.rebuild_on_image_change

  cpu = {
    cores = var.cores
    type  = var.cpu_type
  }
  memory          = var.memory
  os_type         = var.os_type
  scsi_controller = "virtio-scsi-single"

  agent = {
    enabled = var.agent
  }

  disks = {
    scsi0 = {
      storage = var.disk_storage
      size    = var.disk_size
    }
  }

  network = {
    net0 = {
      bridge  = var.bridge
      vlan_id = var.vlan_id
    }
  }

  cloud_init = var.vendor_data == null ? {
    storage = var.disk_storage
  } : null

  # In the slot that the drive of Proxmox VE has otherwise: cloud-init reads one medium and no other.
  cdrom = var.vendor_data == null ? null : {
    ide2 = { volume = one(onprem_proxmox_cloud_init.this[*].volume_id) }
  }
}

resource "onprem_proxmox_cloud_init" "this" {
  count = var.vendor_data == null ? 0 : 1

  node        = var.node
  storage     = var.iso_storage
  file_name   = "${var.name}-cloud-init.iso"
  vendor_data = var.vendor_data
}
