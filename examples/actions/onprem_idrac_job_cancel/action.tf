variable "job_id" {
  description = "Id of the job that is taken out of the queue"
  type        = string
  default     = "JID_102241909559"
}

# terraform apply -invoke=action.onprem_idrac_job_cancel.stuck -var=job_id=JID_102241909559
action "onprem_idrac_job_cancel" "stuck" {
  config {
    server = "r750-01"
    job_id = var.job_id
  }
}
