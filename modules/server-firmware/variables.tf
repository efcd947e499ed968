variable "server_configs" {
  description = <<-EOT
    The servers. A name is a server's key in the provider block: `idrac.servers`.

    - `name`: name of the server in the provider block.
    - `baseline`: key of `baselines` whose components it gets.
    - `components`: components of its own, by the name that the baseline would use; they come before the
      baseline's. One that is null is left alone on this server.
    - `reboot`: whether an apply restarts this host, instead of the variable of that name.
    - `allow_downgrade`: whether versions may be older than the installed ones, instead of the variable of that name.
    - `update_timeout`: how long its updates may take, such as `3h`.
  EOT
  type = list(object({
    name     = string
    baseline = optional(string)
    components = optional(map(object({
      version   = string
      image     = optional(string)
      component = optional(string)
    })), {})
    reboot          = optional(string)
    allow_downgrade = optional(bool)
    update_timeout  = optional(string)
  }))
  nullable = false

  validation {
    condition     = length(distinct(var.server_configs[*].name)) == length(var.server_configs)
    error_message = "Each name must be there once."
  }

  validation {
    condition = alltrue([
      for server in var.server_configs :
      server.baseline == null || try(contains(keys(var.baselines), server.baseline), false)
    ])
    error_message = "Each baseline must be a key of baselines."
  }

  validation {
    condition = alltrue([
      for server in var.server_configs : length({
        for key, component in merge(try(var.baselines[server.baseline], {}), server.components) :
        key => component if component != null
      }) > 0
    ])
    error_message = "Each server must have a component: from a baseline, or of its own."
  }

  validation {
    condition = alltrue(flatten([
      for server in var.server_configs : [
        for component in values(server.components) :
        component == null || try(trimspace(component.version) != "", false)
      ]
    ]))
    error_message = "The version of each component must not be empty."
  }

  validation {
    condition = alltrue([
      for server in var.server_configs :
      server.reboot == null || try(contains(["never", "if_needed", "always", "error"], server.reboot), false)
    ])
    error_message = "The reboot must be never, if_needed, always or error."
  }

  validation {
    condition = alltrue([
      for server in var.server_configs :
      server.update_timeout == null || can(regex("^([0-9]+(h|m|s))+$", server.update_timeout))
    ])
    error_message = "The update_timeout must be a duration such as 90m or 3h."
  }
}

variable "baselines" {
  description = <<-EOT
    Firmware that servers of a kind have in common, by a name such as the model's: components by a name of yours.

    - `version`: version, as the iDRAC's inventory spells it.
    - `image`: the update package: a URL that the iDRACs fetch, the path of a file here, or a name to put behind
      `image_url`.
    - `component`: component id (`159`), FQDD (`BIOS.Setup.1-1`) or name (`BIOS`); the key when left out.
  EOT
  type = map(map(object({
    version   = string
    image     = optional(string)
    component = optional(string)
  })))
  default  = {}
  nullable = false

  validation {
    condition = alltrue(flatten([
      for baseline in values(var.baselines) : [
        for component in values(baseline) : trimspace(component.version) != ""
      ]
    ]))
    error_message = "The version of each component must not be empty."
  }
}

variable "image_url" {
  description = "URL of the folder that holds the images whose name is no URL and no path, such as http://10.0.0.9/firmware. The iDRACs themselves must reach it."
  type        = string
  default     = null

  validation {
    condition     = var.image_url == null || can(regex("^(https?|nfs|cifs|tftp)://[^@]+$", var.image_url))
    error_message = "The image_url must begin with http://, https://, nfs://, cifs:// or tftp://, without a user."
  }
}

variable "reboot" {
  description = "Whether an apply restarts a host: never, if_needed (for an update that needs it), always (after every update) or error (a plan that would need it fails). What is not restarted keeps its update staged until somebody restarts it."
  type        = string
  default     = "never"
  nullable    = false

  validation {
    condition     = contains(["never", "if_needed", "always", "error"], var.reboot)
    error_message = "The reboot must be never, if_needed, always or error."
  }
}

variable "allow_downgrade" {
  description = "Whether versions may be older than the installed ones."
  type        = bool
  default     = false
  nullable    = false
}
