variable "name" {
  description = "Name of the resources; once in a Region."
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
  description = "The address that notices are mailed to; it must confirm first. Empty: subscribe to the topic in the outputs."
  type        = string
  default     = ""
  nullable    = false
}

variable "make_queue" {
  description = "Whether to create a queue for smtprotate follow --queue. Each follower needs its own queue."
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Tags of all resources that can have tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
