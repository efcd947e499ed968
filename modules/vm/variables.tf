variable "vm_configs" {
  description = <<-EOT
    The VMs. A name is a VM's key: it stays the same VM whatever its place in the list is.

    - `name`: name of the VM, and the host name that cloud-init gives the guest.
    - `template`: key of `templates` to clone.
    - `full_clone`: copies the template's disk instead of linking to it.
    - `vm_id`: VM id; the next free one when left out.
    - `node`: node to make it on, instead of the variable `node`. `allowed_nodes`: further ones that it may be on.
    - `cores`, `sockets`, `cpu_type`: processors.
    - `memory`: memory in MiB. `balloon`: MiB below which the balloon does not take it.
    - `disk_storage`: storage of the disk, instead of the variable of that name; for a linked clone that of its
      template.
    - `disk_size`: size of the disk in GiB, at least the template's, which it has when left out.
    - `data_disks`: further disks by slot, with `storage` and `size` in GiB.
    - `bridge`, `vlan_id`: where the network card is plugged in, instead of the variables of that name.
    - `mac_address`: MAC address of the network card.
    - `ip_address`: IPv4 address with its prefix length, or `dhcp`, as when left out. `gateway`: the way out of that
      network.
    - `address_from`: takes the next free address of a `prefix` in NetBox instead, such as `10.20.0.0/24`, or of an
      `ip_range`, a key of `ip_ranges`, with its `gateway`. `vrf`: name of the prefix's VRF. `description`,
      `tenant_id`, `tags`: what NetBox keeps with it; the tags must exist there.
    - `dns_servers`, `dns_domain`: name service, instead of the node's.
    - `user`, `ssh_keys`: who may log in, instead of the variables of that name.
    - `vendor_data`: what cloud-init shall do, instead of the variable of that name.
    - `tags`: tags besides the variable `tags`.
    - `description`: notes, in Markdown.
    - `agent`: whether the image has the QEMU guest agent.
    - `started`: whether it runs. `on_boot`: whether it starts with its node, and `startup_order` when.
    - `protection`: refuses to remove the VM or its disks.
    - `reboot`: whether an apply restarts it for a change that needs it: never, if_needed, always or error.
    - `wait_for_ip`: waits until the guest agent tells an address, which DHCP then has given.
    - `firewall`: has Proxmox VE filter its packets: policies, log levels and `rules`, the first one first.
  EOT
  type = list(object({
    name          = string
    template      = string
    full_clone    = optional(bool, false)
    vm_id         = optional(number)
    node          = optional(string)
    allowed_nodes = optional(set(string))
    cores         = optional(number, 2)
    sockets       = optional(number, 1)
    cpu_type      = optional(string)
    memory        = optional(number, 2048)
    balloon       = optional(number)
    disk_storage  = optional(string)
    disk_size     = optional(number)
    data_disks    = optional(map(object({ storage = string, size = number })), {})
    bridge        = optional(string)
    vlan_id       = optional(number)
    mac_address   = optional(string)
    ip_address    = optional(string)
    gateway       = optional(string)
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
    user          = optional(string)
    ssh_keys      = optional(list(string))
    vendor_data   = optional(string)
    tags          = optional(set(string), [])
    description   = optional(string)
    agent         = optional(bool, true)
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
    condition     = length(distinct(var.vm_configs[*].name)) == length(var.vm_configs)
    error_message = "Each name must be there once."
  }

  validation {
    condition = alltrue([
      for vm in var.vm_configs :
      can(regex("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$", vm.name))
    ])
    error_message = "Each name must be a DNS label: letters, digits and hyphens, at most 63."
  }

  validation {
    condition     = alltrue([for vm in var.vm_configs : contains(keys(var.templates), vm.template)])
    error_message = "Each template must be a key of templates."
  }

  validation {
    condition = length(distinct(compact(var.vm_configs[*].vm_id))) == length(
      compact(var.vm_configs[*].vm_id)
    )
    error_message = "Each vm_id must be there once."
  }

  validation {
    condition = alltrue([
      for id in compact(var.vm_configs[*].vm_id) :
      id >= 100 && id <= 999999999 && floor(id) == tonumber(id)
    ])
    error_message = "Each vm_id must be a whole number from 100 to 999999999."
  }

  validation {
    condition = alltrue([
      for vm in var.vm_configs : vm.cores >= 1 && vm.cores <= 768 && floor(vm.cores) == vm.cores
    ])
    error_message = "The cores must be a whole number from 1 to 768."
  }

  validation {
    condition = alltrue([
      for vm in var.vm_configs : vm.sockets >= 1 && vm.sockets <= 8 && floor(vm.sockets) == vm.sockets
    ])
    error_message = "The sockets must be a whole number from 1 to 8."
  }

  validation {
    condition = alltrue([
      for vm in var.vm_configs : vm.memory >= 16 && floor(vm.memory) == vm.memory
    ])
    error_message = "The memory must be a whole number of MiB, 16 or more."
  }

  validation {
    condition = alltrue([
      for vm in var.vm_configs :
      vm.balloon == null || try(vm.balloon >= 0 && vm.balloon <= vm.memory, false)
    ])
    error_message = "The balloon must be from 0 to the memory."
  }

  validation {
    condition = alltrue([
      for vm in var.vm_configs : vm.disk_size == null || try(vm.disk_size >= 1, false)
    ])
    error_message = "The disk_size must be 1 GiB or more."
  }

  validation {
    condition = alltrue(flatten([
      for vm in var.vm_configs : [
        for slot, disk in vm.data_disks :
        can(regex("^(scsi|virtio|sata|ide)[0-9]+$", slot)) && slot != "scsi0" && disk.size >= 1
      ]
    ]))
    error_message = "The data_disks must be in slots such as scsi1 or virtio0, not in scsi0, and of 1 GiB or more."
  }

  validation {
    condition = alltrue([
      for vm in var.vm_configs :
      vm.vlan_id == null || try(vm.vlan_id >= 1 && vm.vlan_id <= 4094, false)
    ])
    error_message = "The vlan_id must be from 1 to 4094."
  }

  validation {
    condition = alltrue([
      for vm in var.vm_configs : vm.mac_address == null || can(
        regex("^[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}$", vm.mac_address)
      )
    ])
    error_message = "The mac_address must be that of one card, such as BC:24:11:00:00:01."
  }

  validation {
    condition = alltrue([
      for vm in var.vm_configs : vm.vendor_data == null || try(startswith(vm.vendor_data, "#"), false)
    ])
    error_message = "The vendor_data must begin with a line such as #cloud-config, by which cloud-init knows what it is."
  }

  validation {
    condition = alltrue([
      for vm in var.vm_configs : !contains(keys(vm.data_disks), "ide2")
    ])
    error_message = "The slot ide2 is that of cloud-init's data."
  }

  validation {
    condition = alltrue([
      for vm in var.vm_configs : contains(["never", "if_needed", "always", "error"], vm.reboot)
    ])
    error_message = "The reboot must be never, if_needed, always or error."
  }

  validation {
    condition = alltrue(flatten([
      for vm in var.vm_configs : vm.firewall == null ? [] : [
        for policy in [vm.firewall.policy_in, vm.firewall.policy_out] :
        contains(["ACCEPT", "DROP", "REJECT"], policy)
      ]
    ]))
    error_message = "The policies of the firewall must be ACCEPT, DROP or REJECT."
  }

  validation {
    condition = alltrue(flatten([
      for vm in var.vm_configs : vm.firewall == null ? [] : [
        for rule in vm.firewall.rules :
        rule.type == "group" || contains(["in", "out"], rule.type) && contains(["ACCEPT", "DROP", "REJECT"], rule.action)
      ]
    ]))
    error_message = "A rule of the firewall must be in or out with ACCEPT, DROP or REJECT, or group with a group's name."
  }
}

variable "templates" {
  description = "VM ids of the templates, by the names that vm_configs uses."
  type        = map(number)
  nullable    = false
}

variable "node" {
  description = "Node to make the VMs on, unless their own says otherwise."
  type        = string
  nullable    = false
}

variable "allowed_nodes" {
  description = "Further nodes that the VMs may be on, unless their own say otherwise: one that has been moved there stays. None when null."
  type        = set(string)
  default     = null
}

variable "disk_storage" {
  description = "Storage of the disks, unless a VM's own says otherwise. A linked clone lies on its template's."
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

variable "user" {
  description = "User that cloud-init makes. The image's own when null."
  type        = string
  default     = null
}

variable "ssh_keys" {
  description = "Public keys that may log in, one each."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for key in var.ssh_keys : can(regex("^[a-z0-9@.-]+ [A-Za-z0-9+/=]+", key))])
    error_message = "The ssh_keys must be public keys as in authorized_keys: type, key, comment."
  }
}

variable "vendor_data" {
  description = "What cloud-init shall do in every VM unless its user data says otherwise, for example a text that begins with `#cloud-config`. Nothing when null."
  type        = string
  default     = null

  validation {
    condition     = var.vendor_data == null || try(startswith(var.vendor_data, "#"), false)
    error_message = "The vendor_data must begin with a line such as #cloud-config, by which cloud-init knows what it is."
  }
}

variable "iso_storage" {
  description = "Storage for the ISO images with vendor data. It must allow the content type iso."
  type        = string
  default     = "local"
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

variable "address_tags" {
  description = "Names of NetBox's tags that all addresses from there have."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "tags" {
  description = "Tags of all VMs."
  type        = set(string)
  default     = []
  nullable    = false
}
