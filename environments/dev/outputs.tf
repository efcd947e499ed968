output "templates" {
  description = "What each template is found by."
  value       = module.environment.templates
}
