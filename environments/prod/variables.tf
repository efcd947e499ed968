variable "proxmox_endpoints" {
  description = "Addresses of the cluster's nodes; the first that answers is used."
  type        = list(string)
  nullable    = false
}

variable "proxmox_api_token" {
  description = "API token, `user@realm!name=secret`. Best given as TF_VAR_proxmox_api_token."
  type        = string
  sensitive   = true
  nullable    = false
}

variable "proxmox_ca_certificate" {
  description = "CA certificate of the cluster, as PEM or a path. The system's own roots when null."
  type        = string
  default     = null
}

variable "vm_id_offset" {
  description = "Added to every vm_id, so that environments with the same numbers have room on one cluster."
  type        = number
  nullable    = false
}

variable "vlan_id" {
  description = "VLAN of this environment."
  type        = number
  nullable    = false
}

variable "gateway" {
  description = "Gateway of this environment's network, for VMs with a static address."
  type        = string
  nullable    = false
}

variable "ssh_keys" {
  description = "Public keys that may log in to the VMs, one each."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "templates" {
  description = "The templates, by name. Memory in MiB, disk size in GiB. vm_id_offset is added to each vm_id."
  type = map(object({
    vm_id     = number
    image_url = string
    checksum  = string
    node      = optional(string, "pve1")
    cores     = optional(number, 2)
    memory    = optional(number, 2048)
    disk_size = optional(number)
  }))
  default  = {}
  nullable = false
}

variable "protect_templates" {
  description = "Whether Proxmox VE refuses to remove the templates. Apply `false` before a destroy."
  type        = bool
  default     = true
  nullable    = false
}

variable "vm_configs" {
  description = "The VMs, as modules/vm describes them. vm_id_offset is added to each vm_id."
  type = list(object({
    name          = string
    template      = string
    vm_id         = number
    node          = optional(string)
    full_clone    = optional(bool)
    cores         = optional(number)
    memory        = optional(number)
    disk_size     = optional(number)
    data_disks    = optional(map(object({ storage = string, size = number })))
    ip_address    = optional(string)
    startup_order = optional(number)
    tags          = optional(set(string))
    protection    = optional(bool)
    reboot        = optional(string)
  }))
  default  = []
  nullable = false
}
