variable "name" {
  description = "Name of the template, and first part of the image's file name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$", var.name))
    error_message = "The name must be a DNS label: letters, digits and hyphens, at most 63."
  }
}

variable "vm_id" {
  description = "VM id of the template. The next free one when null."
  type        = number
  default     = null

  validation {
    condition = var.vm_id == null || try(
      var.vm_id >= 100 && var.vm_id <= 999999999 && floor(var.vm_id) == var.vm_id, false
    )
    error_message = "The vm_id must be a whole number from 100 to 999999999."
  }
}

variable "node" {
  description = "Node that downloads the image and builds the template."
  type        = string
  nullable    = false
}

variable "image_url" {
  description = "Where the node downloads the disk image from."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^https?://[^/]+/", var.image_url))
    error_message = "The image_url must be an http or https address with a path."
  }
}

variable "checksum" {
  description = "Checksum of the download, in hexadecimal digits. A new one is a new image."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9a-f]+$", var.checksum))
    error_message = "The checksum must be lower-case hexadecimal digits."
  }

  validation {
    condition = length(var.checksum) == lookup({
      md5    = 32
      sha1   = 40
      sha224 = 56
      sha256 = 64
      sha384 = 96
      sha512 = 128
    }, var.checksum_algorithm, 0)
    error_message = "The checksum has not the length that its checksum_algorithm gives."
  }
}

variable "checksum_algorithm" {
  description = "Algorithm of the checksum."
  type        = string
  default     = "sha256"
  nullable    = false

  validation {
    condition = contains(
      ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"], var.checksum_algorithm
    )
    error_message = "The checksum_algorithm must be md5, sha1, sha224, sha256, sha384 or sha512."
  }
}

variable "verify_certificates" {
  description = "Whether the node checks the certificate of an https image_url."
  type        = bool
  default     = null
}

variable "image_format" {
  description = "Format of the image, which is the end of its file name. Compressed ones do not work: Proxmox VE does not decompress what is to be imported."
  type        = string
  default     = "qcow2"
  nullable    = false

  validation {
    condition     = contains(["qcow2", "raw", "vmdk"], var.image_format)
    error_message = "The image_format must be qcow2, raw or vmdk."
  }
}

variable "image_storage" {
  description = "Storage for the image. It must allow the content type import."
  type        = string
  default     = "local"
  nullable    = false
}

variable "disk_storage" {
  description = "Storage for the template's disk and its cloud-init drive."
  type        = string
  default     = "local-lvm"
  nullable    = false
}

variable "disk_size" {
  description = "Size of the disk in GiB, at least the image's own. As large as the image when null."
  type        = number
  default     = null

  validation {
    condition     = var.disk_size == null || try(var.disk_size >= 1, false)
    error_message = "The disk_size must be 1 GiB or more."
  }
}

variable "cores" {
  description = "CPU cores."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.cores >= 1 && floor(var.cores) == var.cores
    error_message = "The cores must be a whole number, 1 or more."
  }
}

variable "cpu_type" {
  description = "Emulated CPU type. The server's default when null."
  type        = string
  default     = null
}

variable "memory" {
  description = "Memory in MiB."
  type        = number
  default     = 2048
  nullable    = false

  validation {
    condition     = var.memory >= 16 && floor(var.memory) == var.memory
    error_message = "The memory must be a whole number of MiB, 16 or more."
  }
}

variable "os_type" {
  description = "Guest operating system as Proxmox VE calls it: l26 is Linux, win11 is Windows 11."
  type        = string
  default     = "l26"
  nullable    = false
}

variable "agent" {
  description = "Whether the image has the QEMU guest agent, so that clones tell their addresses."
  type        = bool
  default     = true
  nullable    = false
}

variable "vendor_data" {
  description = "What cloud-init shall do in clones that bring no data of their own, for example a text that begins with `#cloud-config`. The template has a drive of Proxmox VE for their data when null."
  type        = string
  default     = null

  validation {
    condition     = var.vendor_data == null || try(startswith(var.vendor_data, "#"), false)
    error_message = "The vendor_data must begin with a line such as #cloud-config, by which cloud-init knows what it is."
  }
}

variable "iso_storage" {
  description = "Storage for the ISO image with vendor data. It must allow the content type iso."
  type        = string
  default     = "local"
  nullable    = false
}

variable "bridge" {
  description = "Bridge of the network card."
  type        = string
  default     = "vmbr0"
  nullable    = false
}

variable "vlan_id" {
  description = "VLAN of the network card. Untagged when null."
  type        = number
  default     = null

  validation {
    condition     = var.vlan_id == null || try(var.vlan_id >= 1 && var.vlan_id <= 4094, false)
    error_message = "The vlan_id must be from 1 to 4094."
  }
}

variable "tags" {
  description = "Tags of the template."
  type        = set(string)
  default     = null
}

variable "description" {
  description = "Notes on the template, in Markdown."
  type        = string
  default     = null
}

variable "protection" {
  description = "Whether Proxmox VE refuses to remove the template or its disks, which its replacement needs too."
  type        = bool
  default     = false
  nullable    = false
}

variable "rebuild_on_image_change" {
  description = "Whether a new image replaces the template. Otherwise it says so and leaves it."
  type        = bool
  default     = false
  nullable    = false
}
