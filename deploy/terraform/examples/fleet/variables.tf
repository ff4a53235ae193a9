variable "credentials" {
  description = "The credentials by the application's name, each with its Region, the SES identities that it sends from, and its restrictions."
  type = map(object({
    region          = string
    identity_arns   = list(string)
    from_addresses  = optional(list(string), [])
    source_networks = optional(list(string), [])
    reader_arns     = optional(list(string), [])
  }))
  validation {
    condition     = alltrue([for credential in var.credentials : contains(["eu-west-1", "us-east-1"], credential.region)])
    error_message = "Each credential's region must be eu-west-1 or us-east-1: another one needs another provider in main.tf."
  }
}

variable "alarm_email" {
  description = "Mail address for all alarms. Empty: none."
  type        = string
  default     = ""
}

variable "function_zip" {
  description = "Path of the function's zip, as seen from the folder that Terraform runs in."
  type        = string
  default     = "../../../../.build/function.zip"
}
