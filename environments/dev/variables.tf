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

# What follows goes on to modules/environment, which has the types, the limits and the descriptions.

variable "node" {
  type    = any
  default = null
}

variable "disk_storage" {
  type    = any
  default = null
}

variable "bridge" {
  type    = any
  default = null
}

variable "templates" {
  type    = any
  default = {}
}
