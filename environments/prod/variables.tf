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

variable "netbox_url" {
  description = "URL of NetBox."
  type        = string
  nullable    = false
}

variable "netbox_token" {
  description = "API token of NetBox. Best given as TF_VAR_netbox_token."
  type        = string
  sensitive   = true
  nullable    = false
}

variable "netbox_ca_certificate" {
  description = "CA certificate of NetBox, as PEM or a path. The system's own roots when null."
  type        = string
  default     = null
}

variable "idrac_servers" {
  description = "The servers' iDRACs, by the names that server_configs uses."
  type        = map(object({ endpoint = string }))
  nullable    = false
}

variable "idrac_username" {
  description = "User on the iDRACs."
  type        = string
  nullable    = false
}

variable "idrac_password" {
  description = "Password of that user. Best given as TF_VAR_idrac_password."
  type        = string
  sensitive   = true
  nullable    = false
}

variable "idrac_fingerprints" {
  description = "SHA-256 fingerprints of the iDRACs' certificates, where these are their own and no CA signed them. Any that the CA signed when null."
  type        = list(string)
  default     = null
}

variable "idrac_ca_certificate" {
  description = "CA certificate of the iDRACs, as PEM or a path. The system's own roots when null."
  type        = string
  default     = null
}

# What follows goes on to the modules, which have the types, the limits and the descriptions: first to
# modules/environment.

variable "node" {
  type    = any
  default = null
}

variable "allowed_nodes" {
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

variable "vm_id_offset" {
  type = any
}

variable "vlan_id" {
  type = any
}

variable "gateway" {
  type = any
}

variable "ssh_keys" {
  type    = any
  default = []
}

variable "vendor_data" {
  type    = any
  default = null
}

variable "templates" {
  type    = any
  default = {}
}

variable "protect_templates" {
  type    = any
  default = true
}

variable "container_templates" {
  type    = any
  default = {}
}

variable "vm_configs" {
  type    = any
  default = []
}

variable "lxc_configs" {
  type    = any
  default = []
}

# To modules/netbox-ipam.

variable "tags" {
  type    = any
  default = {}
}

variable "tenants" {
  type    = any
  default = {}
}

variable "vlans" {
  type    = any
  default = {}
}

variable "prefixes" {
  type    = any
  default = {}
}

variable "ip_ranges" {
  type    = any
  default = {}
}

# To modules/server-firmware.

variable "firmware_url" {
  type    = any
  default = null
}

variable "firmware_baselines" {
  type    = any
  default = {}
}

variable "server_configs" {
  type    = any
  default = []
}
