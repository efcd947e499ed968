# What waits for a restart of the host, or is at work.
data "onprem_idrac_jobs" "r750_01" {
  server = "r750-01"
  open   = true
}

output "open_jobs" {
  value = { for job in data.onprem_idrac_jobs.r750_01.jobs : job.id => "${job.name}: ${job.state}" }
}
