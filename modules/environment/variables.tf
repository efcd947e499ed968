variable "name" {
  description = "Name of the environment. Templates and image files begin with it, and everything has it as a tag."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$", var.name))
    error_message = "The name must be lower-case letters, digits and hyphens, at most 32."
  }
}

variable "node" {
  description = "Node to make everything on, unless an entry says otherwise."
  type        = string
  default     = "pve1"
  nullable    = false
}

variable "allowed_nodes" {
  description = "Further nodes that the guests may be on, unless their own entry says otherwise: one that has been moved there stays. None when null."
  type        = set(string)
  default     = null
}

variable "disk_storage" {
  description = "Storage of all disks and root file systems, unless an entry says otherwise."
  type        = string
  default     = "local-lvm"
  nullable    = false
}

variable "iso_storage" {
  description = "Storage for the ISO images with vendor data. It must allow the content type iso."
  type        = string
  default     = "local"
  nullable    = false
}

variable "bridge" {
  description = "Bridge of all network cards, unless an entry says otherwise."
  type        = string
  default     = "vmbr0"
  nullable    = false
}

variable "vm_id_offset" {
  description = "Added to every vm_id, so that environments with the same numbers have room on one cluster."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.vm_id_offset >= 0 && floor(var.vm_id_offset) == var.vm_id_offset
    error_message = "The vm_id_offset must be a whole number, 0 or more."
  }
}

variable "vlan_id" {
  description = "VLAN of this environment. Untagged when null."
  type        = number
  default     = null
}

variable "gateway" {
  description = "Gateway of this environment's network, for static addresses and address_from without one of their own."
  type        = string
  default     = null
}

variable "prefixes" {
  description = "Numbers of NetBox's prefixes that address_from names, by network. Others are looked up in NetBox."
  type        = map(number)
  default     = {}
  nullable    = false
}

variable "ip_ranges" {
  description = "Numbers of NetBox's IP ranges, by the names that address_from uses."
  type        = map(number)
  default     = {}
  nullable    = false
}

variable "address_tags" {
  description = "Names of NetBox's tags that the addresses from there have."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "user" {
  description = "User that cloud-init makes in the VMs. The image's own when null."
  type        = string
  default     = "ops"
}

variable "ssh_keys" {
  description = "Public keys that may log in, one each."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "vendor_data" {
  description = "What cloud-init shall do in every VM, for example a text that begins with `#cloud-config`. Nothing when null."
  type        = string
  default     = null
}

variable "templates" {
  description = "The VM templates, by name, as ../template describes them. Memory in MiB, disk size in GiB. vm_id_offset is added to each vm_id."
  type = map(object({
    vm_id              = number
    image_url          = string
    checksum           = string
    checksum_algorithm = optional(string)
    image_format       = optional(string)
    image_storage      = optional(string)
    node               = optional(string)
    cores              = optional(number, 2)
    memory             = optional(number, 2048)
    disk_storage       = optional(string)
    disk_size          = optional(number)
  }))
  default  = {}
  nullable = false
}

variable "protect_templates" {
  description = "Whether Proxmox VE refuses to remove the templates. Apply `false` before a destroy."
  type        = bool
  default     = false
  nullable    = false
}

variable "container_templates" {
  description = "The container templates, by name. A storage that is not shared has them on that node alone."
  type = map(object({
    url      = string
    checksum = string
    node     = optional(string)
    storage  = optional(string, "local")
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for template in values(var.container_templates) : can(regex("\\.tar\\.(gz|xz|zst)$", template.url))])
    error_message = "The url of each container template must end in .tar.gz, .tar.xz or .tar.zst."
  }
}

variable "vm_configs" {
  description = "The VMs, as ../vm describes them. vm_id_offset is added to each vm_id."
  type        = any
  default     = []
  nullable    = false

  validation {
    condition     = can([for vm in var.vm_configs : vm.name])
    error_message = "The vm_configs must be a list of objects that have a name."
  }

  validation {
    condition = length(setintersection(
      values(var.templates)[*].vm_id, [for vm in var.vm_configs : tonumber(vm.vm_id) if can(vm.vm_id + 0)]
    )) == 0
    error_message = "A vm_id of the VMs is a template's."
  }
}

variable "lxc_configs" {
  description = "The containers, as ../lxc describes them. vm_id_offset is added to each vm_id."
  type        = any
  default     = []
  nullable    = false

  validation {
    condition     = can([for container in var.lxc_configs : container.hostname])
    error_message = "The lxc_configs must be a list of objects that have a hostname."
  }

  validation {
    condition = length(setintersection(
      concat(
        values(var.templates)[*].vm_id, [for vm in var.vm_configs : tonumber(vm.vm_id) if can(vm.vm_id + 0)]
      ),
      [for container in var.lxc_configs : tonumber(container.vm_id) if can(container.vm_id + 0)]
    )) == 0
    error_message = "A vm_id of the containers is a template's or a VM's."
  }

  # Each module looks at its own guests alone.
  validation {
    condition = length(setintersection(
      [for vm in var.vm_configs : split("/", vm.ip_address)[0] if can(cidrhost(vm.ip_address, 0))],
      [for container in var.lxc_configs : split("/", container.ip_address)[0] if can(cidrhost(container.ip_address, 0))]
    )) == 0
    error_message = "An ip_address of the containers is a VM's."
  }
}
