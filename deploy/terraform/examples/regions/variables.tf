variable "name" {
  description = "Name of the credential."
  type        = string
  default     = "mail"
}

variable "regions" {
  description = "SES Regions that the credential serves. The first one has the function and the secret, each other one a copy of the secret."
  type        = list(string)
  default     = ["eu-west-1", "eu-central-1"]
  validation {
    condition     = length(var.regions) > 1 && !contains(["us-east-1", "us-west-2"], var.regions[0])
    error_message = "regions must be two at least, and the first one neither us-east-1 nor us-west-2, which hear of leaks by themselves."
  }
}

variable "identity_arns" {
  description = "ARNs of the SES identities to send from, in each of these Regions."
  type        = list(string)
}

variable "alarm_email" {
  description = "Mail address for the alarm when a leak couldn't be forwarded. Empty: none."
  type        = string
  default     = ""
}

variable "function_zip" {
  description = "Path of the function's zip, as seen from the folder that Terraform runs in."
  type        = string
  default     = "../../../../.build/function.zip"
}
