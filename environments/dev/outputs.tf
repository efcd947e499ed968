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
