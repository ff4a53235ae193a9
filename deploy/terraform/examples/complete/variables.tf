variable "name" {
  description = "What the credential is called."
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
  description = "URL of the function's zip in a release, which takes the place of function_zip. Empty: function_zip."
  type        = string
  default     = ""
}

variable "function_sha256" {
  description = "SHA-256 checksum of that zip, from the release's SHA256SUMS."
  type        = string
  default     = ""
}

variable "from_addresses" {
  description = "Addresses that mail may come from, with * for any text. Empty: all of the identity."
  type        = list(string)
  default     = []
}

variable "source_networks" {
  description = "Public networks that mail is handed to SES from, such as the address of a NAT gateway, 192.0.2.10/32."
  type        = list(string)
  default     = []
}

variable "vpc_id" {
  description = "VPC that gets an endpoint for mail, to which the credential is bound. Empty: none does."
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
  description = "ARNs of the IAM roles that applications read the secret as."
  type        = list(string)
  default     = []
}

variable "alarm_email" {
  description = "Where alarms are mailed to. Empty: nowhere."
  type        = string
  default     = ""
}
