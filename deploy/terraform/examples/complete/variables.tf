variable "name" {
  description = "Name of the credential."
  type        = string
  default     = "mail"
}

variable "identity_arn" {
  description = "ARN of the SES identity to send from."
  type        = string
}

variable "function_zip" {
  description = "Path of the function's zip, as seen from the folder that Terraform runs in."
  type        = string
  default     = "../../../../.build/function.zip"
}

variable "function_url" {
  description = "URL of the function's zip in a release, used instead of function_zip. Empty: function_zip is used."
  type        = string
  default     = ""
}

variable "function_sha256" {
  description = "SHA-256 checksum of that zip, from the release's SHA256SUMS."
  type        = string
  default     = ""
}

variable "from_addresses" {
  description = "Sender addresses that are allowed, with * for any text. Empty: all addresses of the identity."
  type        = list(string)
  default     = []
}

variable "source_networks" {
  description = "Public networks from which you send, such as the address of a NAT gateway, 192.0.2.10/32."
  type        = list(string)
  default     = []
}

variable "vpc_id" {
  description = "VPC that gets an endpoint for mail, to which the credential is bound. Empty: no endpoint."
  type        = string
  default     = ""
}

variable "subnet_ids" {
  description = "Subnets of that VPC for the endpoint."
  type        = list(string)
  default     = []
}

variable "private_networks" {
  description = "Private networks that may use the endpoint."
  type        = list(string)
  default     = ["10.0.0.0/8"]
}

variable "reader_arns" {
  description = "ARNs of the IAM roles with which applications read the secret."
  type        = list(string)
  default     = []
}

variable "alarm_email" {
  description = "Mail address for alarms. Empty: none."
  type        = string
  default     = ""
}
