variable "guests" {
  description = <<-EOT
    What each guest's configuration says of its address, by the guest's name. What else is in there is left out, so
    that whole configurations can be given.

    - `ip_address`: IPv4 address with its prefix length, or `dhcp`, as when left out. `gateway`: the way out of that
      network.
    - `address_from`: takes the next free address of a `prefix` in NetBox instead, such as `10.20.0.0/24`, or of an
      `ip_range`, a key of `ip_ranges`, with its `gateway`. `vrf`: name of the prefix's VRF. `description`,
      `tenant_id`, `tags`: what NetBox keeps with it; the tags must exist there.
    - `dns_domain`: what stands behind the name in NetBox.
  EOT
  type = map(object({
    ip_address = optional(string)
    gateway    = optional(string)
    address_from = optional(object({
      prefix      = optional(string)
      ip_range    = optional(string)
      vrf         = optional(string)
      gateway     = optional(string)
      description = optional(string)
      tenant_id   = optional(number)
      tags        = optional(set(string), [])
    }))
    dns_domain = optional(string)
  }))
  nullable = false
}

variable "kind" {
  description = "What the guests are, `VM` for example: the description of an address begins with it, unless it has one of its own."
  type        = string
  default     = "Guest"
  nullable    = false
}

variable "prefixes" {
  description = "Numbers of NetBox's prefixes, by network: `10.20.0.0/24`, or `10.20.0.0/24@prod` in a VRF. What address_from names beside them is looked up in NetBox, where it must be before the plan."
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

variable "tags" {
  description = "Names of NetBox's tags that all addresses from there have."
  type        = set(string)
  default     = []
  nullable    = false
}
