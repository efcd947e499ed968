variable "prefixes" {
  description = <<-EOT
    The prefixes. A key is a network, `10.20.0.0/24`, or one in a VRF, `10.20.0.0/24@prod`.

    - `vlan`: name of the VLAN that carries it: of `vlans` or `vlan_ids`.
    - `tenant`: name of its tenant: of `tenants` or `tenant_ids`.
    - `status`: active, container, reserved or deprecated.
    - `is_pool`: hands out every address, the first and the last as well.
    - `site_id`: number of the site where it is used.
    - `gateway`: address that is the way out, which NetBox then gives to nobody.
    - `reserved`: further addresses that NetBox gives to nobody, with their `dns_name` and `description`.
    - `description`: one line about it.
  EOT
  type = map(object({
    vlan    = optional(string)
    tenant  = optional(string)
    status  = optional(string, "active")
    is_pool = optional(bool, false)
    site_id = optional(number)
    gateway = optional(string)
    reserved = optional(map(object({
      dns_name    = optional(string)
      description = optional(string)
    })), {})
    description = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for network in keys(var.prefixes) :
      can(regex("^[0-9a-fA-F.:]+/[0-9]+(@[^@]+)?$", network)) && can(cidrhost(split("@", network)[0], 0))
    ])
    error_message = "Each key of prefixes must be a network, such as 10.20.0.0/24, with @ and a VRF's name where it is in one."
  }

  # What is no network at all has been reported; IPv6 can be spelt in many ways.
  validation {
    condition = alltrue([
      for network in keys(var.prefixes) : try(
        cidrhost(split("@", network)[0], 0) == split("/", network)[0] || strcontains(network, ":"), true
      )
    ])
    error_message = "Each key of prefixes must begin with the network's first address: 10.20.0.0/24, not 10.20.0.1/24."
  }

  validation {
    condition = alltrue([
      for network in keys(var.prefixes) : !strcontains(network, "@") || contains(
        concat(keys(var.vrfs), keys(var.vrf_ids)), try(split("@", network)[1], "")
      )
    ])
    error_message = "Each VRF of prefixes must be a key of vrfs or vrf_ids."
  }

  validation {
    condition = alltrue([
      for prefix in values(var.prefixes) : prefix.vlan == null || try(contains(
        concat(keys(var.vlans), keys(var.vlan_ids)), prefix.vlan
      ), false)
    ])
    error_message = "Each vlan of prefixes must be a key of vlans or vlan_ids."
  }

  validation {
    condition = alltrue([
      for prefix in values(var.prefixes) : prefix.tenant == null || try(contains(
        concat(keys(var.tenants), keys(var.tenant_ids)), prefix.tenant
      ), false)
    ])
    error_message = "Each tenant of prefixes must be a key of tenants or tenant_ids."
  }

  validation {
    condition = alltrue([
      for prefix in values(var.prefixes) :
      contains(["active", "container", "reserved", "deprecated"], prefix.status)
    ])
    error_message = "The status of each prefix must be active, container, reserved or deprecated."
  }

  validation {
    condition = alltrue(flatten([
      for network, prefix in var.prefixes : [
        for ip in concat(keys(prefix.reserved), compact([prefix.gateway])) : try(
          cidrhost("${ip}/${split("/", split("@", network)[0])[1]}", 0) == cidrhost(split("@", network)[0], 0), false
        )
      ]
    ]))
    error_message = "The gateway and the reserved addresses must be in their prefix, without a prefix length."
  }

  validation {
    condition = alltrue([
      for prefix in values(var.prefixes) :
      prefix.gateway == null || try(!contains(keys(prefix.reserved), prefix.gateway), true)
    ])
    error_message = "A gateway is reserved already: it must not be among the reserved addresses."
  }
}

variable "ip_ranges" {
  description = <<-EOT
    The IP ranges, by a name of yours.

    - `start_address`, `end_address`: first and last address, with the length of their network: `10.20.0.200/24`.
    - `vrf`: name of its VRF: of `vrfs` or `vrf_ids`.
    - `tenant`: name of its tenant: of `tenants` or `tenant_ids`.
    - `status`: active, reserved or deprecated.
    - `mark_populated`: NetBox gives none of its addresses out, because DHCP does, for example (NetBox 4.3 and later).
    - `description`: one line about it; the name when left out.
  EOT
  type = map(object({
    start_address  = string
    end_address    = string
    vrf            = optional(string)
    tenant         = optional(string)
    status         = optional(string, "active")
    mark_populated = optional(bool)
    description    = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for range in values(var.ip_ranges) : try(
        cidrhost(range.start_address, 0) == cidrhost(range.end_address, 0)
        && split("/", range.start_address)[1] == split("/", range.end_address)[1], false
      )
    ])
    error_message = "The start_address and end_address must be in one network, with its length: 10.20.0.200/24."
  }

  validation {
    condition = alltrue([
      for range in values(var.ip_ranges) : range.vrf == null || try(contains(
        concat(keys(var.vrfs), keys(var.vrf_ids)), range.vrf
      ), false)
    ])
    error_message = "Each vrf of ip_ranges must be a key of vrfs or vrf_ids."
  }

  validation {
    condition = alltrue([
      for range in values(var.ip_ranges) : range.tenant == null || try(contains(
        concat(keys(var.tenants), keys(var.tenant_ids)), range.tenant
      ), false)
    ])
    error_message = "Each tenant of ip_ranges must be a key of tenants or tenant_ids."
  }

  validation {
    condition = alltrue([
      for range in values(var.ip_ranges) : contains(["active", "reserved", "deprecated"], range.status)
    ])
    error_message = "The status of each IP range must be active, reserved or deprecated."
  }
}

variable "vlans" {
  description = <<-EOT
    The VLANs, by name.

    - `vid`: number in the network.
    - `tenant`: name of its tenant: of `tenants` or `tenant_ids`.
    - `status`: active, reserved or deprecated.
    - `group_id`, `site_id`: numbers of the VLAN group and the site that it is in.
    - `description`: one line about it.
  EOT
  type = map(object({
    vid         = number
    tenant      = optional(string)
    status      = optional(string, "active")
    group_id    = optional(number)
    site_id     = optional(number)
    description = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for vlan in values(var.vlans) : vlan.vid >= 1 && vlan.vid <= 4094 && floor(vlan.vid) == vlan.vid
    ])
    error_message = "The vid must be a whole number from 1 to 4094."
  }

  validation {
    condition = alltrue([
      for vlan in values(var.vlans) : vlan.tenant == null || try(contains(
        concat(keys(var.tenants), keys(var.tenant_ids)), vlan.tenant
      ), false)
    ])
    error_message = "Each tenant of vlans must be a key of tenants or tenant_ids."
  }

  validation {
    condition = alltrue([
      for vlan in values(var.vlans) : contains(["active", "reserved", "deprecated"], vlan.status)
    ])
    error_message = "The status of each VLAN must be active, reserved or deprecated."
  }

  validation {
    condition     = length(setintersection(keys(var.vlans), keys(var.vlan_ids))) == 0
    error_message = "A VLAN is made here or is there already: it must not be in both vlans and vlan_ids."
  }
}

variable "vrfs" {
  description = <<-EOT
    The VRFs, by name.

    - `rd`: route distinguisher.
    - `enforce_unique`: refuses an address or prefix that is there already.
    - `tenant`: name of its tenant: of `tenants` or `tenant_ids`.
    - `description`: one line about it.
  EOT
  type = map(object({
    rd             = optional(string)
    enforce_unique = optional(bool, true)
    tenant         = optional(string)
    description    = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.vrfs) : !strcontains(name, "@")])
    error_message = "The name of a VRF must be without @, which stands between a prefix and its VRF."
  }

  validation {
    condition = alltrue([
      for vrf in values(var.vrfs) : vrf.tenant == null || try(contains(
        concat(keys(var.tenants), keys(var.tenant_ids)), vrf.tenant
      ), false)
    ])
    error_message = "Each tenant of vrfs must be a key of tenants or tenant_ids."
  }

  validation {
    condition     = length(setintersection(keys(var.vrfs), keys(var.vrf_ids))) == 0
    error_message = "A VRF is made here or is there already: it must not be in both vrfs and vrf_ids."
  }
}

variable "tenants" {
  description = <<-EOT
    The tenants, by name.

    - `slug`: name in URLs; made of the name when left out.
    - `group_id`: number of the tenant group that it is in.
    - `description`: one line about it.
  EOT
  type = map(object({
    slug        = optional(string)
    group_id    = optional(number)
    description = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for tenant in values(var.tenants) : tenant.slug == null || can(regex("^[-a-zA-Z0-9_]+$", tenant.slug))
    ])
    error_message = "The slug of a tenant must be letters, digits, hyphens and underscores."
  }

  validation {
    condition     = length(setintersection(keys(var.tenants), keys(var.tenant_ids))) == 0
    error_message = "A tenant is made here or is there already: it must not be in both tenants and tenant_ids."
  }
}

variable "tags" {
  description = <<-EOT
    The tags, by name. Everything else that this module makes has all of them.

    - `slug`: name in URLs; made of the name when left out.
    - `color`: six hexadecimal digits.
    - `object_types`: types of objects that may have it; all when left out.
    - `description`: one line about it.
  EOT
  type = map(object({
    slug         = optional(string)
    color        = optional(string)
    object_types = optional(set(string))
    description  = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for tag in values(var.tags) : tag.slug == null || can(regex("^[-a-zA-Z0-9_]+$", tag.slug))
    ])
    error_message = "The slug of a tag must be letters, digits, hyphens and underscores."
  }

  validation {
    condition = alltrue([
      for tag in values(var.tags) : tag.color == null || can(regex("^[0-9a-fA-F]{6}$", tag.color))
    ])
    error_message = "The color of a tag must be six hexadecimal digits, such as 2f6a31."
  }
}

variable "vrf_ids" {
  description = "Numbers of VRFs that are there already, by the names that prefixes and ip_ranges use."
  type        = map(number)
  default     = {}
  nullable    = false
}

variable "vlan_ids" {
  description = "Numbers of VLANs that are there already, by the names that prefixes use."
  type        = map(number)
  default     = {}
  nullable    = false
}

variable "tenant_ids" {
  description = "Numbers of tenants that are there already, by the names that the others use."
  type        = map(number)
  default     = {}
  nullable    = false
}
