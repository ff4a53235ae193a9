variable "name" {
  description = "Name of the resources. A Region can have each name once."
  type        = string
  default     = "ses-smtp-notify"
  nullable    = false
}

variable "secret_arn" {
  description = "The secret, in the provider's Region (the module's output secret_arn)."
  type        = string
  validation {
    condition     = can(regex("^arn:[\\w-]+:secretsmanager:[\\w-]+:\\d{12}:secret:[\\w/+=.@!-]+-\\w{6}$", var.secret_arn))
    error_message = "secret_arn must be the whole ARN of a secret, with the six characters at its end."
  }
}

variable "notice_email" {
  description = "Mail address for notices; AWS sends it a confirmation first. Empty: subscribe to topic_arn."
  type        = string
  default     = ""
  nullable    = false
}

variable "make_queue" {
  description = "Whether to make a queue for smtprotate follow --queue. Each follower needs one of its own."
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Tags of all resources that can have any."
  type        = map(string)
  default     = {}
  nullable    = false
}
