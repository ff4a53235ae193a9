# Each variable is the parameter of the same name in template.yaml; deploy/docs/parameters.md describes both the parameters and
# the function's environment variables.

variable "name" {
  description = "Name of the resources; once in an account, because the user has this name too."
  type        = string
  validation {
    condition     = can(regex("^[a-zA-Z0-9-]{1,37}$", var.name))
    error_message = "name must be at most 37 letters, digits and hyphens."
  }
}

variable "tags" {
  description = "Tags of all resources that can have tags."
  type        = map(string)
  default     = {}
  nullable    = false
}

# The function, from one of three places

variable "function_zip" {
  description = "Path of the function's zip, from deploy/build.sh or a release. You need this, function_bucket or function_url."
  type        = string
  default     = ""
  nullable    = false
}

variable "function_bucket" {
  description = "S3 bucket in this Region with the function's zip, under function_key."
  type        = string
  default     = ""
  nullable    = false
}

variable "function_key" {
  description = "Key of the function's zip in function_bucket. A different zip needs a different key or function_version; deploy/build.sh gives each zip its own key (.build/code)."
  type        = string
  default     = ""
  nullable    = false
}

variable "function_version" {
  description = "Version of that object, in a bucket with versions. Empty: the newest at the time when the function is created or its place changes."
  type        = string
  default     = ""
  nullable    = false
}

variable "function_url" {
  description = "URL of the function's zip, such as a release's. The machine that applies downloads it with curl, and deploys it only if its checksum is function_sha256."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(https?://([^\\s\"\\\\/?#@]+@)?[^\\s\"\\\\/?#@]+/[^\\s\"\\\\]*)?$", var.function_url))
    error_message = "function_url must be https:// or http://, a host and a path, without spaces, quotes and backslashes. In a user's name or password, /, ?, # and @ are written as %2F, %3F, %23 and %40."
  }
}

variable "function_sha256" {
  description = "SHA-256 checksum of the file at function_url, as in a release's SHA256SUMS."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^([0-9a-f]{64})?$", var.function_sha256))
    error_message = "function_sha256 must be 64 digits of 0-9 and a-f, as sha256sum prints them."
  }
}

variable "architecture" {
  description = "What the function was built for: arm64, or x86_64 (a release's amd64)."
  type        = string
  default     = "arm64"
  nullable    = false
  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

# What the credential may send

variable "identity_arns" {
  description = "ARNs of the SES identities that the credential may send from, in every Region of smtp_regions. If an address or subdomain is a verified identity itself, name it too. IAM has room for 90 with names as long as notices.example.com."
  type        = list(string)
  validation {
    condition     = length(var.identity_arns) > 0 && alltrue([for arn in var.identity_arns : can(regex("^arn:aws[a-z-]*:ses:[a-z0-9-]+:[0-9]{12}:identity/[^*?$\\s]+$", arn))])
    error_message = "identity_arns must be ARNs of SES identities, without wildcards and $."
  }
}

variable "configuration_set_arns" {
  description = "ARNs of the SES configuration sets that the credential may use. Needed if mail names one, or if an identity has a default one."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    condition     = alltrue([for arn in var.configuration_set_arns : can(regex("^arn:aws[a-z-]*:ses:[a-z0-9-]+:[0-9]{12}:configuration-set/[A-Za-z0-9_-]+$", arn))])
    error_message = "configuration_set_arns must be ARNs of SES configuration sets, without wildcards."
  }
}

variable "from_addresses" {
  description = "Addresses that mail may come from, with * for any text, spelled exactly as in the mail. Empty: all that the identities allow. If verify is send, include verify_from. If an address is a verified identity itself, it must be in identity_arns too."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    condition     = alltrue([for address in var.from_addresses : can(regex("^[^@?$\\s]+@([^@?$\\s]*\\.)?[^@?$*.\\s]+\\.[^@?$*.\\s]+$", address))])
    error_message = "from_addresses must be addresses, with * for any text before a whole domain such as example.com, without ? and $."
  }
}

variable "from_names" {
  description = "Display names that mail may come from, with * for any text. Empty: any."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    condition     = alltrue([for name in var.from_names : can(regex("^([^?$\\s][^?$]*)?[^*?$\\s]{2}([^?$]*[^?$\\s])?$", name))])
    error_message = "from_names must be names without spaces around them, each with two characters in a row other than *, without ? and $."
  }
}

variable "recipients" {
  description = "Addresses that mail may go to, with * for any text, spelled exactly as in the mail. Empty: all. If verify is send, include success@simulator.amazonses.com."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    condition     = alltrue([for address in var.recipients : can(regex("^[^@?$\\s]+@([^@?$\\s]*\\.)?[^@?$*.\\s]+\\.[^@?$*.\\s]+$", address))])
    error_message = "recipients must be addresses, with * for any text before a whole domain such as example.com, without ? and $."
  }
}

variable "sandbox_recipient_arns" {
  description = "ARNs of the recipients' SES identities. In the sandbox, SES requires permission for those too. They need from_addresses that aren't theirs; otherwise the credential could send as its recipients."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    condition     = alltrue([for arn in var.sandbox_recipient_arns : can(regex("^arn:aws[a-z-]*:ses:[a-z0-9-]+:[0-9]{12}:identity/[^*?$\\s]+$", arn))])
    error_message = "sandbox_recipient_arns must be ARNs of SES identities, without wildcards and $."
  }
}

# From where

variable "source_networks" {
  description = "Public networks that mail may be sent from, such as 192.0.2.10/32: the address of a NAT gateway, not those behind it. If this is empty and no VPC endpoint or VPC is named, a leaked credential works from anywhere."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    condition     = alltrue([for network in var.source_networks : can(cidrhost(network, 0)) && can(regex("^(([0-9]{1,3}\\.){3}[0-9]{1,3}/(1[6-9]|2[0-9]|3[0-2])|[23][0-9a-f]{3}:[0-9a-f:]+/(3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-8]))$", network))])
    error_message = "source_networks must be networks such as 192.0.2.0/24, none larger than a /16, or a /32 of IPv6's public addresses."
  }
}

variable "vpc_endpoint_ids" {
  description = "VPC endpoints that mail may be sent through. modules/endpoint creates one."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    condition     = alltrue([for id in var.vpc_endpoint_ids : can(regex("^vpce-[0-9a-f]+$", id))])
    error_message = "vpc_endpoint_ids must be IDs of VPC endpoints."
  }
}

variable "vpc_ids" {
  description = "VPCs that mail may be sent from, through an endpoint."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    condition     = alltrue([for id in var.vpc_ids : can(regex("^vpc-[0-9a-f]+$", id))])
    error_message = "vpc_ids must be IDs of VPCs."
  }
}

variable "private_networks" {
  description = "Private networks in those VPCs or behind those endpoints that mail may be sent from. Empty: all."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    condition     = alltrue([for network in var.private_networks : can(cidrhost(network, 0)) && can(regex("^(([0-9]{1,3}\\.){3}[0-9]{1,3}/([89]|[12][0-9]|3[0-2])|([23][0-9a-f]|f[cd])[0-9a-f]{2}:[0-9a-f:]+/(3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-8]))$", network))])
    error_message = "private_networks must be networks such as 10.0.0.0/16, none larger than a /8, or a /32 of IPv6."
  }
}

variable "tls_only" {
  description = "Whether the policy requires TLS. SES's SMTP interface requires it anyway."
  type        = bool
  default     = false
  nullable    = false
}

# Where it sends

variable "smtp_regions" {
  description = "SMTP_REGIONS: SES Regions that the credential works in, the primary first. Empty: the provider's Region."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    condition     = alltrue([for region in var.smtp_regions : can(regex("^[a-z0-9-]+$", region))])
    error_message = "smtp_regions must be names of Regions."
  }
}

variable "smtp_endpoint" {
  description = "SMTP_ENDPOINT: host:port, in which {region} is replaced, or region=host:port,... Empty: email-smtp.{region}.amazonaws.com:587"
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^\\S*$", var.smtp_endpoint))
    error_message = "smtp_endpoint must be host:port or region=host:port,... without spaces."
  }
}

variable "secret_keys" {
  description = "SECRET_KEYS: more names under which applications read the credential, such as username=SMTP_USERNAME,password=SMTP_PASSWORD, in addition to the usual ones. Empty: none"
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^([a-z_]+=[^,=\\s]+(,[a-z_]+=[^,=\\s]+)*)?$", var.secret_keys))
    error_message = "secret_keys must be key=name,... without spaces."
  }
}

variable "parameter_path" {
  description = "PARAMETER_PATH: where in Parameter Store the function keeps copies of the credential, such as /mail/smtp, for applications that can't read Secrets Manager. Empty: none"
  type        = string
  default     = ""
  nullable    = false
  validation {
    # Parameter Store keeps names that begin with aws or ssm to itself.
    condition     = can(regex("^((/[a-zA-Z0-9_.-]+){1,14})?$", var.parameter_path)) && !can(regex("(?i)^/(aws|ssm)", var.parameter_path))
    error_message = "parameter_path must be a path such as /mail/smtp, of at most 14 levels of letters, digits and _.-, which doesn't end in a slash, nor begin with /aws or /ssm."
  }
}

# When keys change

variable "rotation_interval" {
  description = "ROTATION_INTERVAL: the access key's age at which to rotate. Must exceed promotion_window + grace_period + quarantine_period."
  type        = string
  default     = "30d"
  nullable    = false
  validation {
    condition     = can(regex("^([0-9]+[dhms])+$", var.rotation_interval))
    error_message = "rotation_interval must be a duration such as 90s, 72h or 30d."
  }
}

variable "grace_period" {
  description = "GRACE_PERIOD: how long a superseded key stays Active. Must be longer than applications keep a credential."
  type        = string
  default     = "7d"
  nullable    = false
  validation {
    condition     = can(regex("^(0|([0-9]+[dhms])+)$", var.grace_period))
    error_message = "grace_period must be 0 or a duration such as 90s, 72h or 30d."
  }
}

variable "quarantine_period" {
  description = "QUARANTINE_PERIOD: how long a superseded key then stays Inactive before it is deleted. Until then a rollback is possible."
  type        = string
  default     = "1d"
  nullable    = false
  validation {
    condition     = can(regex("^(0|([0-9]+[dhms])+)$", var.quarantine_period))
    error_message = "quarantine_period must be 0 or a duration such as 90s, 72h or 30d."
  }
}

variable "in_use_window" {
  description = "IN_USE_WINDOW: a key used within this time counts as in use and isn't deactivated. 0: last use is ignored. At least 1h, because IAM reports last use late, and of several uses within 15 minutes only the first."
  type        = string
  default     = "24h"
  nullable    = false
  validation {
    condition     = can(regex("^(0|([0-9]+[dhms])+)$", var.in_use_window))
    error_message = "in_use_window must be 0 or a duration such as 90s, 72h or 30d."
  }
}

variable "max_grace_period" {
  description = "MAX_GRACE_PERIOD: deactivate a superseded key after this time even if it is in use. 0: never."
  type        = string
  default     = "0"
  nullable    = false
  validation {
    condition     = can(regex("^(0|([0-9]+[dhms])+)$", var.max_grace_period))
    error_message = "max_grace_period must be 0 or a duration such as 90s, 72h or 30d."
  }
}

variable "promotion_window" {
  description = "PROMOTION_WINDOW: the longest time between writing a secret version and making it AWSCURRENT."
  type        = string
  default     = "15m"
  nullable    = false
  validation {
    condition     = can(regex("^([0-9]+[dhms])+$", var.promotion_window))
    error_message = "promotion_window must be a duration such as 90s, 72h or 30d."
  }
}

# How a new credential is tested

variable "verify" {
  description = "VERIFY: login (log in to SES), send (also send a mail to SES's mailbox simulator, from verify_from) or off."
  type        = string
  default     = "login"
  nullable    = false
  validation {
    condition     = contains(["login", "send", "off"], var.verify)
    error_message = "verify must be login, send or off."
  }
}

variable "verify_from" {
  description = "VERIFY_FROM: sender of the mail to the mailbox simulator; needed if verify is send."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(\\S+@\\S+)?$", var.verify_from))
    error_message = "verify_from must be a mail address."
  }
}

variable "verify_timeout" {
  description = "VERIFY_TIMEOUT: how long one invocation keeps trying to log in. The function runs for at most 5 minutes."
  type        = string
  default     = "2m"
  nullable    = false
  validation {
    condition     = can(regex("^([0-9]+[dhms])+$", var.verify_timeout))
    error_message = "verify_timeout must be a duration such as 90s or 2m."
  }
}

# What you already have

variable "existing_user_name" {
  description = "Name of an IAM user that already sends, to adopt. Its keys don't change until they are due, nor when this is destroyed. Empty: the module creates a user."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^[\\w+=,.@-]{0,64}$", var.existing_user_name))
    error_message = "existing_user_name must be the name of an IAM user, without its path."
  }
}

variable "existing_user_path" {
  description = "Path of that user."
  type        = string
  default     = "/"
  nullable    = false
  validation {
    condition     = can(regex("^/([\\w+=,.@-]+/)*$", var.existing_user_path))
    error_message = "existing_user_path must begin and end with a slash, and have no wildcards."
  }
}

variable "existing_secret_arn" {
  description = "ARN of a secret that your applications already read, to adopt. Its value must be {} or have the SMTP username and password of one of the user's keys. It may be in another Region, without rotate_button. Empty: the module creates a secret."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[\\w/+=.@-]+-[A-Za-z0-9]{6})?$", var.existing_secret_arn))
    error_message = "existing_secret_arn must be the whole ARN of a secret, with the six characters at its end and without wildcards."
  }
}

# Who reads it

variable "reader_arns" {
  description = "ARNs of the IAM roles and users that read the secret. Not needed if they are in this account and their own policies allow it."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    condition     = alltrue([for arn in var.reader_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[\\w+=,.@/-]+$", arn))])
    error_message = "reader_arns must be ARNs of IAM roles or users, without wildcards."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer managed KMS key for the secret and its copies in parameter_path. Empty: aws/secretsmanager and aws/ssm."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+)?$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }
}

variable "replica_regions" {
  description = "Regions in which Secrets Manager keeps a replica of the secret for applications there, encrypted with that Region's aws/secretsmanager."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    condition     = alltrue([for region in var.replica_regions : can(regex("^[a-z]+(-[a-z]+)+-[0-9]+$", region))])
    error_message = "replica_regions must be names of Regions."
  }
}

# Leaks

variable "suspected_leaks" {
  description = "What to do if AWS Health only suspects a leak. emergency: revoke the key. alarm: only raise LeakUnanswered."
  type        = string
  default     = "emergency"
  nullable    = false
  validation {
    condition     = contains(["emergency", "alarm"], var.suspected_leaks)
    error_message = "suspected_leaks must be emergency or alarm."
  }
}

variable "guard_duty_findings" {
  description = "Whether GuardDuty's findings about the user's access keys, of medium or higher severity, start an emergency. AWS Health's events about leaked keys always do. GuardDuty must be on, and may be wrong."
  type        = bool
  default     = false
  nullable    = false
}

# Running it

variable "schedule_state" {
  description = "DISABLED stops rotating and retiring keys; the credential keeps working."
  type        = string
  default     = "ENABLED"
  nullable    = false
  validation {
    condition     = contains(["ENABLED", "DISABLED"], var.schedule_state)
    error_message = "schedule_state must be ENABLED or DISABLED."
  }
}

variable "schedule_expression" {
  description = "How often the function checks whether something is due. The alarms need at least once an hour."
  type        = string
  default     = "rate(1 hour)"
  nullable    = false
  validation {
    condition     = contains(["rate(1 hour)", "rate(30 minutes)", "rate(15 minutes)"], var.schedule_expression)
    error_message = "schedule_expression must be rate(1 hour), rate(30 minutes) or rate(15 minutes)."
  }
}

variable "rotate_button" {
  description = "Whether to configure Secrets Manager's own rotation too, so that \"Rotate secret immediately\" in its console and RotateSecret work."
  type        = bool
  default     = false
  nullable    = false
}

variable "reserved_concurrency" {
  description = "How many invocations may run at the same time, out of the account's concurrency; 1: one after the other. null: no limit."
  type        = number
  default     = null
  validation {
    condition     = try(var.reserved_concurrency >= 1, var.reserved_concurrency == null)
    error_message = "reserved_concurrency must be at least 1."
  }
}

variable "subnet_ids" {
  description = "Private subnets for the function, if it must reach SES from your VPC. From there it must reach IAM, Secrets Manager, Systems Manager (parameter_path) and the SMTP endpoint. That usually takes a NAT gateway: IAM's VPC endpoint is in us-east-1, cn-north-1 and us-gov-west-1 alone. Empty: it runs outside your VPCs."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "security_group_ids" {
  description = "Security groups of the function in those subnets. They must allow outbound HTTPS and the SMTP port."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "log_retention_days" {
  description = "How many days to keep the function's log, which says what was done to which key and why."
  type        = number
  default     = 365
  nullable    = false
  validation {
    condition     = contains([30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one of those that CloudWatch has: 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827 or 3653."
  }
}

variable "alarm_email" {
  description = "The address that alarms are mailed to; it must confirm first. Empty: subscribe to the topic in the outputs."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(\\S+@\\S+)?$", var.alarm_email))
    error_message = "alarm_email must be a mail address."
  }
}

variable "make_dashboard" {
  description = "Whether to create a dashboard in CloudWatch, for 3 dollars a month; an account's first three are free."
  type        = bool
  default     = false
  nullable    = false
}
