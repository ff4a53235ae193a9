# The function, what it may do, and its log.

locals {
  environment = {
    SMTP_USER_NAME    = local.user_name
    SECRET_ID         = local.secret_arn
    SMTP_REGIONS      = join(",", var.smtp_regions)
    SMTP_ENDPOINT     = var.smtp_endpoint
    SECRET_KEYS       = var.secret_keys
    PARAMETER_PATH    = var.parameter_path
    PARAMETER_KMS_KEY = var.kms_key_arn
    ROTATION_INTERVAL = var.rotation_interval
    GRACE_PERIOD      = var.grace_period
    QUARANTINE_PERIOD = var.quarantine_period
    IN_USE_WINDOW     = var.in_use_window
    MAX_GRACE_PERIOD  = var.max_grace_period
    PROMOTION_WINDOW  = var.promotion_window
    VERIFY            = var.verify
    VERIFY_FROM       = var.verify_from
    VERIFY_TIMEOUT    = var.verify_timeout
    SUSPECTED_LEAKS   = var.suspected_leaks
    STACK_ID          = "none" # no stack of CloudFormation's may have keys made or deleted
  }

  # The copies of the credential in Parameter Store, which are in the secret's Region and this account.
  parameters_arn = var.parameter_path == "" ? null : join(":", [
    "arn", data.aws_partition.here.partition, "ssm", local.makes_secret ? local.here : split(":", var.existing_secret_arn)[3],
    data.aws_caller_identity.here.account_id, "parameter${var.parameter_path}/*",
  ])

  unit = { d = 86400, h = 3600, m = 60, s = 1 }
  seconds = { for name, text in {
    interval   = var.rotation_interval
    grace      = var.grace_period
    quarantine = var.quarantine_period
    window     = var.promotion_window
  } : name => sum(concat([0], [for part in regexall("([0-9]+)([dhms])", text) : tonumber(part[0]) * local.unit[part[1]]])) }
}

resource "aws_lambda_function" "function" {
  function_name                  = var.name
  description                    = "Rotates the SES SMTP credential of ${var.name}"
  filename                       = local.function_file
  s3_bucket                      = local.function_bucket
  s3_key                         = local.function_bucket == null ? null : var.function_key
  s3_object_version              = local.function_bucket == null || var.function_version == "" ? null : var.function_version
  source_code_hash               = local.function_hash
  runtime                        = "provided.al2023"
  architectures                  = [var.architecture]
  handler                        = "bootstrap"
  timeout                        = 300
  memory_size                    = 128
  role                           = aws_iam_role.function_role.arn
  reserved_concurrent_executions = var.reserved_concurrency == null ? -1 : var.reserved_concurrency
  tags                           = var.tags

  environment { variables = local.environment }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.log_group.name
  }

  dynamic "vpc_config" {
    for_each = length(var.subnet_ids) > 0 ? [1] : []
    content {
      subnet_ids         = var.subnet_ids
      security_group_ids = var.security_group_ids
    }
  }

  lifecycle {
    precondition {
      condition     = length(compact([var.function_zip, var.function_bucket, var.function_url])) == 1
      error_message = "The function comes from one place: set function_zip (a file), function_bucket (with function_key) or function_url (with function_sha256), and no other of these."
    }
    precondition {
      condition     = (var.function_bucket != "") == (var.function_key != "")
      error_message = "function_bucket and function_key are needed together."
    }
    precondition {
      condition     = var.function_version == "" || var.function_bucket != ""
      error_message = "function_version is that of an object in function_bucket, which isn't set."
    }
    precondition {
      condition     = (var.function_url != "") == (var.function_sha256 != "")
      error_message = "function_url and function_sha256 are needed together: what is downloaded is deployed only if its checksum is known."
    }
    precondition {
      condition     = local.seconds.interval > local.seconds.window + local.seconds.grace + local.seconds.quarantine
      error_message = "rotation_interval must exceed promotion_window + grace_period + quarantine_period."
    }
    precondition {
      condition     = var.verify != "send" || var.verify_from != ""
      error_message = "verify_from is needed if verify is send."
    }
    precondition {
      condition     = length(var.sandbox_recipient_arns) == 0 || length(var.from_addresses) > 0
      error_message = "from_addresses is needed with sandbox_recipient_arns; otherwise the credential could send as its recipients."
    }
    precondition {
      condition     = length(var.private_networks) == 0 || length(local.inside) > 0
      error_message = "vpc_endpoint_ids or vpc_ids is needed with private_networks, because other people's VPCs use the same networks."
    }
    precondition {
      condition     = local.makes_secret || length(var.reader_arns) + length(var.replica_regions) == 0
      error_message = "reader_arns and replica_regions are for a secret that is made here; an existing one has its own."
    }
    precondition {
      condition     = (length(var.subnet_ids) > 0) == (length(var.security_group_ids) > 0)
      error_message = "subnet_ids and security_group_ids are needed together."
    }
  }

  depends_on = [aws_iam_role_policy.function_role, terraform_data.download]
}

# For asynchronous invocations: ticks, and leaks reported by AWS Health. A failed emergency is retried within minutes and
# continues; a retry after an hour would be a surprise.
resource "aws_lambda_function_event_invoke_config" "function" {
  function_name                = aws_lambda_function.function.function_name
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 3600
  destination_config {
    on_failure { destination = aws_sqs_queue.failure_queue.arn }
  }
}

# Outlives the rest until its retention ends, because it records which keys existed and what happened to them.
resource "aws_cloudwatch_log_group" "log_group" {
  name_prefix       = "${var.name}-"
  retention_in_days = var.log_retention_days
  skip_destroy      = true
  tags              = var.tags
}

resource "aws_iam_role" "function_role" {
  name_prefix = "${substr(var.name, 0, 20)}-function-"
  description = "Rotates the SMTP credential of ${var.name}, and nothing else"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
  tags = var.tags
}

# Each action is a method that the function calls, as in template.yaml.
locals {
  policies = merge({
    access-keys = [{
      Effect   = "Allow"
      Action   = ["iam:ListAccessKeys", "iam:GetAccessKeyLastUsed", "iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:DeleteAccessKey"]
      Resource = local.user_arn
    }]
    # For the audit of what the user may do. The user can have any managed policy and be in any group, so the function may
    # read all of them.
    audit = [
      {
        Effect = "Allow"
        Action = [
          "iam:GetUser", "iam:GetLoginProfile", "iam:ListMFADevices", "iam:ListSSHPublicKeys", "iam:ListServiceSpecificCredentials",
          "iam:ListSigningCertificates", "iam:ListUserPolicies", "iam:GetUserPolicy", "iam:ListAttachedUserPolicies", "iam:ListGroupsForUser",
        ]
        Resource = [local.user_arn]
      },
      {
        Effect   = "Allow"
        Action   = ["iam:ListGroupPolicies", "iam:GetGroupPolicy", "iam:ListAttachedGroupPolicies"]
        Resource = ["arn:${data.aws_partition.here.partition}:iam::${data.aws_caller_identity.here.account_id}:group/*"]
      },
      {
        Effect = "Allow"
        Action = ["iam:GetPolicy", "iam:GetPolicyVersion"]
        Resource = [
          "arn:${data.aws_partition.here.partition}:iam::${data.aws_caller_identity.here.account_id}:policy/*",
          "arn:${data.aws_partition.here.partition}:iam::aws:policy/*",
        ]
      },
    ]
    secret = concat([{
      Effect = "Allow"
      Action = [
        "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret", "secretsmanager:ListSecretVersionIds",
        "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage",
      ]
      Resource = local.secret_arn
      }], [for key in compact([var.kms_key_arn]) : { # Secrets Manager uses the key on the function's behalf: to read and to write a version.
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = key
      Condition = { StringEquals = { "kms:EncryptionContext:SecretARN" = local.secret_arn } }
    }])
    log = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.log_group.arn}:*" # the streams of this one group, whose names Lambda makes up
    }]
    failures = [{
      Effect   = "Allow"
      Action   = "sqs:SendMessage"
      Resource = aws_sqs_queue.failure_queue.arn
    }]
    }, var.parameter_path == "" ? {} : {
    # Parameter Store uses the KMS key in the function's name, to write and to read a standard parameter. Everybody in the
    # account may use aws/ssm ("AWS KMS encryption for AWS Systems Manager Parameter Store SecureString parameters").
    copies = concat([{
      Effect   = "Allow"
      Action   = ["ssm:GetParameters", "ssm:PutParameter", "ssm:DeleteParameters"]
      Resource = local.parameters_arn
      }], [for key in compact([var.kms_key_arn]) : {
      Effect    = "Allow"
      Action    = ["kms:Encrypt", "kms:Decrypt"]
      Resource  = key
      Condition = { StringLike = { "kms:EncryptionContext:PARAMETER_ARN" = local.parameters_arn } }
    }])
    }, length(var.subnet_ids) == 0 ? {} : {
    # Lambda connects the function to the subnets with these ("Giving Lambda functions access to resources in an Amazon
    # VPC"). Some of them can't be limited to certain resources; network_is_lambdas denies them to the function's own code.
    network = [{
      Effect = "Allow"
      Action = [
        "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
      ]
      Resource = "*"
    }]
  })
}

resource "aws_iam_role_policy" "function_role" {
  for_each = local.policies
  role     = aws_iam_role.function_role.name
  name     = each.key
  policy   = jsonencode({ Version = "2012-10-17", Statement = each.value })
  lifecycle { create_before_destroy = true } # a removed permission goes after the function stops needing it: it leaves the subnets first
}

resource "aws_iam_role_policy" "network_is_lambdas" {
  count = length(var.subnet_ids) > 0 ? 1 : 0
  role  = aws_iam_role.function_role.name
  name  = "network-is-lambdas"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Action    = "ec2:*"
      Resource  = "*"
      Condition = { ArnEquals = { "lambda:SourceFunctionArn" = aws_lambda_function.function.arn } }
    }]
  })
}
