variable "name" {
  description = "Name of the resources."
  type        = string
}

variable "vpc_id" {
  description = "The VPC. Its attributes enable_dns_support and enable_dns_hostnames must be on."
  type        = string
}

variable "subnet_ids" {
  description = "Its subnets with the endpoint's addresses, one in each Availability Zone that mail is sent from. AWS refuses those in zones where SES has no endpoint."
  type        = list(string)
}

variable "private_networks" {
  description = "Private networks that mail may be sent from, such as 10.0.0.0/16. All others are refused."
  type        = list(string)
  validation {
    # No network may be larger than the private network that it is in.
    condition = length(var.private_networks) > 0 && alltrue([for network in var.private_networks :
      can(cidrhost(network, 0)) && can(regex(join("|", [
        "^10\\.[0-9.]+/([89]|[12][0-9]|3[0-2])$",
        "^172\\.(1[6-9]|2[0-9]|3[01])\\.[0-9.]+/(1[2-9]|2[0-9]|3[0-2])$",
        "^192\\.168\\.[0-9.]+/(1[6-9]|2[0-9]|3[0-2])$",
        "^100\\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\\.[0-9.]+/([12][0-9]|3[0-2])$",
      ]), network))
    ])
    error_message = "private_networks must be private networks (RFC 1918, RFC 6598), at least one."
  }
}

variable "tags" {
  description = "Tags of all resources that can have tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
