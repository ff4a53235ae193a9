variable "name" {
  description = "Name of the resources; once in a Region."
  type        = string
  default     = "ses-smtp-leaks"
  nullable    = false
}

variable "regions" {
  description = "Up to five other Regions with a stack. An event rule has no more targets than that."
  type        = list(string)
  validation {
    condition     = length(var.regions) > 0 && length(var.regions) <= 5 && alltrue([for region in var.regions : can(regex("^[a-z]+(-[a-z]+)+-[0-9]+$", region))])
    error_message = "regions must be one to five names of Regions."
  }
  validation {
    condition     = length(distinct(var.regions)) == length(var.regions)
    error_message = "regions names a Region twice."
  }
}

variable "alarm_email" {
  description = "The address that is mailed when an event couldn't be forwarded; it must confirm first. Empty: subscribe to the topic in the outputs."
  type        = string
  default     = ""
  nullable    = false
}

variable "tags" {
  description = "Tags of all resources that can have tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
