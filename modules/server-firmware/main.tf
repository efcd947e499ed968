locals {
  servers = { for server in var.server_configs : server.name => server }

  components = {
    for name, server in local.servers : name => {
      for key, component in merge(try(var.baselines[server.baseline], {}), server.components) :
      key => component if component != null
    }
  }
}

resource "onprem_idrac_firmware" "this" {
  for_each = local.servers

  server = each.key

  components = {
    for key, component in local.components[each.key] : key => {
      version   = component.version
      component = component.component

      # A name alone is a file in the folder of images.
      image = component.image == null || var.image_url == null || can(
        regex("://|^[./]", component.image)
      ) ? component.image : "${trimsuffix(var.image_url, "/")}/${component.image}"
    }
  }

  reboot          = coalesce(each.value.reboot, var.reboot)
  allow_downgrade = coalesce(each.value.allow_downgrade, var.allow_downgrade)

  timeouts = each.value.update_timeout == null ? null : {
    create = each.value.update_timeout
    update = each.value.update_timeout
  }
}
