variable "lxc_configs" {
  description = <<-EOT
    The containers. A host name is a container's key: it stays the same container whatever its place in the list is.

    - `hostname`: host name of the container.
    - `template`: key of `templates` to unpack.
    - `vm_id`: VM id; the next free one when left out.
    - `node`: node to make it on, instead of the variable `node`. `allowed_nodes`: further ones that it may be on.
    - `unprivileged`: maps its root to a user without rights on the node.
    - `cores`: processors. `memory`, `swap`: in MiB.
    - `nesting`: allows containers in it, and what newer systemd needs; not at all when left out.
    - `disk_storage`: storage of the root file system, instead of the variable of that name. `disk_size`: its size in
      GiB.
    - `mount_points`: further volumes by slot, with `path`, `storage`, `size` in GiB, `backup` and `read_only`.
    - `bridge`, `vlan_id`: where the network card is plugged in, instead of the variables of that name.
    - `mac_address`: MAC address of the network card.
    - `ip_address`: IPv4 address with its prefix length, or `dhcp`, as when left out. `gateway`: the way out of that
      network.
    - `address_from`: takes the next free address of a `prefix` in NetBox instead, such as `10.20.0.0/24`, or of an
      `ip_range`, a key of `ip_ranges`, with its `gateway`. `vrf`: name of the prefix's VRF. `description`,
      `tenant_id`, `tags`: what NetBox keeps with it; the tags must exist there.
    - `dns_servers`, `dns_domain`: name service, instead of the node's.
    - `ssh_keys`: who may log in as root, instead of the variable of that name.
    - `tags`: tags besides the variable `tags`.
    - `description`: notes, in Markdown.
    - `started`: whether it runs. `on_boot`: whether it starts with its node, and `startup_order` when.
    - `protection`: refuses to remove the container or its volumes.
    - `reboot`: whether an apply restarts it for a change that needs it: never, if_needed, always or error.
    - `wait_for_ip`: waits until it has an address, which DHCP then has given.
    - `firewall`: has Proxmox VE filter its packets: policies, log levels and `rules`, the first one first.
  EOT
  type = list(object({
    hostname      = string
    template      = string
    vm_id         = optional(number)
    node          = optional(string)
    allowed_nodes = optional(set(string))
    unprivileged  = optional(bool, true)
    cores         = optional(number, 1)
    memory        = optional(number, 512)
    swap          = optional(number, 512)
    nesting       = optional(bool)
    disk_storage  = optional(string)
    disk_size     = optional(number, 4)
    mount_points = optional(map(object({
      path      = string
      storage   = string
      size      = number
      backup    = optional(bool, false)
      read_only = optional(bool, false)
    })), {})
    bridge      = optional(string)
    vlan_id     = optional(number)
    mac_address = optional(string)
    ip_address  = optional(string)
    gateway     = optional(string)
    address_from = optional(object({
      prefix      = optional(string)
      ip_range    = optional(string)
      vrf         = optional(string)
      gateway     = optional(string)
      description = optional(string)
      tenant_id   = optional(number)
      tags        = optional(set(string), [])
    }))
    dns_servers   = optional(list(string))
    dns_domain    = optional(string)
    ssh_keys      = optional(list(string))
    tags          = optional(set(string), [])
    description   = optional(string)
    started       = optional(bool, true)
    on_boot       = optional(bool, true)
    startup_order = optional(number)
    protection    = optional(bool, false)
    reboot        = optional(string, "never")
    wait_for_ip   = optional(bool, false)
    firewall = optional(object({
      enabled       = optional(bool, true)
      policy_in     = optional(string, "DROP")
      policy_out    = optional(string, "ACCEPT")
      log_level_in  = optional(string, "nolog")
      log_level_out = optional(string, "nolog")
      rules = optional(list(object({
        type      = optional(string, "in")
        action    = optional(string, "ACCEPT")
        macro     = optional(string)
        source    = optional(string)
        dest      = optional(string)
        proto     = optional(string)
        sport     = optional(string)
        dport     = optional(string)
        icmp_type = optional(string)
        iface     = optional(string)
        log       = optional(string)
        comment   = optional(string)
        enabled   = optional(bool, true)
      })), [])
    }))
  }))
  nullable = false

  validation {
    condition     = length(distinct(var.lxc_configs[*].hostname)) == length(var.lxc_configs)
    error_message = "Each hostname must be there once."
  }

  validation {
    condition = alltrue([
      for container in var.lxc_configs :
      can(regex("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$", container.hostname))
    ])
    error_message = "Each hostname must be a DNS label: letters, digits and hyphens, at most 63."
  }

  validation {
    condition     = alltrue([for container in var.lxc_configs : contains(keys(var.templates), container.template)])
    error_message = "Each template must be a key of templates."
  }

  validation {
    condition = length(distinct(compact(var.lxc_configs[*].vm_id))) == length(
      compact(var.lxc_configs[*].vm_id)
    )
    error_message = "Each vm_id must be there once."
  }

  validation {
    condition = alltrue([
      for id in compact(var.lxc_configs[*].vm_id) :
      id >= 100 && id <= 999999999 && floor(id) == tonumber(id)
    ])
    error_message = "Each vm_id must be a whole number from 100 to 999999999."
  }

  validation {
    condition = alltrue([
      for container in var.lxc_configs :
      container.cores >= 1 && container.cores <= 8192 && floor(container.cores) == container.cores
    ])
    error_message = "The cores must be a whole number from 1 to 8192."
  }

  validation {
    condition = alltrue([
      for container in var.lxc_configs :
      container.memory >= 16 && floor(container.memory) == container.memory
    ])
    error_message = "The memory must be a whole number of MiB, 16 or more."
  }

  validation {
    condition = alltrue([
      for container in var.lxc_configs :
      container.swap >= 0 && floor(container.swap) == container.swap
    ])
    error_message = "The swap must be a whole number of MiB, 0 or more."
  }

  validation {
    condition     = alltrue([for container in var.lxc_configs : container.disk_size >= 1])
    error_message = "The disk_size must be 1 GiB or more."
  }

  validation {
    condition = alltrue(flatten([
      for container in var.lxc_configs : [
        for slot, mount in container.mount_points :
        can(regex("^mp[0-9]+$", slot)) && startswith(mount.path, "/") && mount.path != "/" && mount.size >= 1
      ]
    ]))
    error_message = "The mount_points must be in slots such as mp0, on paths such as /srv, and of 1 GiB or more."
  }

  validation {
    condition = alltrue([
      for container in var.lxc_configs :
      length(distinct(values(container.mount_points)[*].path)) == length(container.mount_points)
    ])
    error_message = "Each path of a container's mount_points must be there once."
  }

  validation {
    condition = alltrue([
      for container in var.lxc_configs :
      container.vlan_id == null || try(container.vlan_id >= 1 && container.vlan_id <= 4094, false)
    ])
    error_message = "The vlan_id must be from 1 to 4094."
  }

  validation {
    condition = alltrue([
      for container in var.lxc_configs : container.mac_address == null || can(
        regex("^[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}$", container.mac_address)
      )
    ])
    error_message = "The mac_address must be that of one card, such as BC:24:11:00:00:01."
  }

  validation {
    condition = alltrue([
      for container in var.lxc_configs : contains(["never", "if_needed", "always", "error"], container.reboot)
    ])
    error_message = "The reboot must be never, if_needed, always or error."
  }

  validation {
    condition = alltrue(flatten([
      for container in var.lxc_configs : container.firewall == null ? [] : [
        for policy in [container.firewall.policy_in, container.firewall.policy_out] :
        contains(["ACCEPT", "DROP", "REJECT"], policy)
      ]
    ]))
    error_message = "The policies of the firewall must be ACCEPT, DROP or REJECT."
  }

  validation {
    condition = alltrue(flatten([
      for container in var.lxc_configs : container.firewall == null ? [] : [
        for rule in container.firewall.rules :
        rule.type == "group" || contains(["in", "out"], rule.type) && contains(["ACCEPT", "DROP", "REJECT"], rule.action)
      ]
    ]))
    error_message = "A rule of the firewall must be in or out with ACCEPT, DROP or REJECT, or group with a group's name."
  }
}

variable "templates" {
  description = "Volume ids of the templates, by the names that lxc_configs uses."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for volume in values(var.templates) : can(regex("^[^:]+:vztmpl/[^/]+$", volume))])
    error_message = "The templates must be volume ids of container templates, such as local:vztmpl/alpine-3.22.tar.zst."
  }
}

variable "node" {
  description = "Node to make the containers on, unless their own says otherwise."
  type        = string
  nullable    = false
}

variable "allowed_nodes" {
  description = "Further nodes that the containers may be on, unless their own say otherwise: one that has been moved there stays. None when null."
  type        = set(string)
  default     = null
}

variable "disk_storage" {
  description = "Storage of the root file systems, unless a container's own says otherwise."
  type        = string
  default     = "local-lvm"
  nullable    = false
}

variable "bridge" {
  description = "Bridge of the network cards."
  type        = string
  default     = "vmbr0"
  nullable    = false
}

variable "vlan_id" {
  description = "VLAN of the network cards. Untagged when null."
  type        = number
  default     = null

  validation {
    condition     = var.vlan_id == null || try(var.vlan_id >= 1 && var.vlan_id <= 4094, false)
    error_message = "The vlan_id must be from 1 to 4094."
  }
}

variable "password" {
  description = "Password of root in all containers, given to them when they are made and stored nowhere. None when null."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = var.password == null || try(length(var.password) >= 5, false)
    error_message = "The password must have 5 characters or more."
  }
}

variable "ssh_keys" {
  description = "Public keys that may log in as root, one each."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for key in var.ssh_keys : can(regex("^[a-z0-9@.-]+ [A-Za-z0-9+/=]+", key))])
    error_message = "The ssh_keys must be public keys as in authorized_keys: type, key, comment."
  }
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

variable "address_tags" {
  description = "Names of NetBox's tags that all addresses from there have."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "tags" {
  description = "Tags of all containers."
  type        = set(string)
  default     = []
  nullable    = false
}
