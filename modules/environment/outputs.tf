output "templates" {
  description = "What each template is found by."
  value = {
    for name, template in module.template : name => {
      vm_id       = template.vm_id
      template_id = template.template_id
      image_id    = template.image_id
    }
  }
}

output "vms" {
  description = "VM id and address of each VM. The address is null where nobody has told it."
  value = {
    for name, vm_id in module.vm.vm_id : name => {
      vm_id      = vm_id
      ip_address = module.vm.ip_address[name]
    }
  }
}

output "containers" {
  description = "VM id and address of each container. The address is null where nobody has told it."
  value = {
    for name, vm_id in module.lxc.container_id : name => {
      container_id = vm_id
      ip_address   = module.lxc.ip_address[name]
    }
  }
}
