variable "name" {
  description = "Name of the function and the other resources."
  type        = string
  default     = "mail"
}

variable "identity_arn" {
  description = "ARN of the SES identity that the user sends from."
  type        = string
}

variable "user_name" {
  description = "Name of the IAM user, without its path."
  type        = string
}

variable "user_path" {
  description = "Path of the IAM user."
  type        = string
  default     = "/"
}

variable "secret_arn" {
  description = "ARN of the secret, whose value is {} or has the SMTP username and password of one of the user's keys."
  type        = string
}

variable "function_zip" {
  description = "Path of the function's zip, as seen from the folder that Terraform runs in."
  type        = string
  default     = "../../../../.build/function.zip"
}
