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

variable "templates" {
  description = "The templates, by name. Memory in MiB, disk size in GiB."
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
