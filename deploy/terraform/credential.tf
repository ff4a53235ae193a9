# The credential: the user that owns it, and the secret that applications read.

locals {
  makes_user   = var.existing_user_name == ""
  makes_secret = var.existing_secret_arn == ""
  user_name    = local.makes_user ? aws_iam_user.smtp_user[0].name : var.existing_user_name
  user_arn     = local.makes_user ? aws_iam_user.smtp_user[0].arn : "arn:${data.aws_partition.here.partition}:iam::${data.aws_caller_identity.here.account_id}:user${var.existing_user_path}${var.existing_user_name}"
  secret_arn   = local.makes_secret ? aws_secretsmanager_secret.smtp_secret[0].arn : var.existing_secret_arn
}

resource "aws_iam_user" "smtp_user" {
  count         = local.makes_user ? 1 : 0
  name          = "${var.name}-smtp"
  path          = "/ses-smtp/"
  force_destroy = true # its access keys are the function's, which is gone by then
  # The tag makes the user depend on the secret. So the user is deleted first, and if its deletion fails, the secret can
  # still be read.
  tags = merge(var.tags, { ses-smtp-rotator-secret = local.secret_arn })
  # If another user replaces it, it is deleted last, after the function has accepted the other.
  lifecycle { create_before_destroy = true }
}

# What smtprotate policy writes. SMTP needs this one action, on every identity and configuration set that mail involves
# ("Actions, resources, and condition keys for Amazon SES"). This module doesn't limit what an existing user's other
# policies allow; the audit reports it. So each kind of source allows all identities again: one denial of all other sources
# would name them only once, but would also bind those other policies.
locals {
  # Mail through an endpoint has no public source address, and other mail has no private one. So each kind of source has its
  # own policy.
  inside = { for way, through in {
    endpoints = { sid = "SendFromEndpoints", key = "aws:SourceVpce", ids = var.vpc_endpoint_ids }
    vpcs      = { sid = "SendFromVPCs", key = "aws:SourceVpc", ids = var.vpc_ids }
    } : way => {
    sid = through.sid
    condition = merge(
      { StringEquals = { (through.key) = through.ids } },
      { for networks in [var.private_networks] : "IpAddress" => { "aws:VpcSourceIp" = networks } if length(networks) > 0 },
    )
    } if length(through.ids) > 0
  }
  outside = { for networks in [var.source_networks] : "outside" => {
    sid       = length(networks) > 0 ? "SendFromNetworks" : "Send"
    condition = { for some in [networks] : "IpAddress" => { "aws:SourceIp" = some } if length(some) > 0 }
  } if length(networks) > 0 || length(local.inside) == 0 }
  narrowed = merge(
    { for from in [merge(
      { for values in [var.from_addresses] : "ses:FromAddress" => values if length(values) > 0 },
      { for values in [var.from_names] : "ses:FromDisplayName" => values if length(values) > 0 },
    )] : "StringLike" => from if length(from) > 0 },
    { for values in [var.recipients] : "ForAllValues:StringLike" => { "ses:Recipients" = values } if length(values) > 0 },
    { for values in [var.recipients] : "Null" => { "ses:Recipients" = "false" } if length(values) > 0 },
    { for only in [var.tls_only] : "Bool" => { "aws:SecureTransport" = "true" } if only },
  )
  sending_policies = { for way, through in merge(local.outside, local.inside) : way => jsonencode({
    Version = "2012-10-17"
    Statement = [merge(
      {
        Sid      = through.sid
        Effect   = "Allow"
        Action   = "ses:SendRawEmail"
        Resource = concat(var.identity_arns, var.configuration_set_arns, var.sandbox_recipient_arns)
      },
      { for all in [merge(through.condition, local.narrowed)] : "Condition" => all if length(all) > 0 },
    )]
  }) }
  sending_characters = { for way, policy in local.sending_policies : way => length(replace(policy, "/\\s/", "")) } # as IAM counts
}

resource "aws_iam_policy" "sending_policy" {
  for_each    = local.sending_policies
  name_prefix = "${var.name}-${each.key}-"
  path        = "/ses-smtp/"
  description = "Mail that the SMTP user of ${var.name} may send"
  policy      = each.value
  tags        = var.tags
  lifecycle {
    create_before_destroy = true # like the user's
    precondition {
      condition     = local.sending_characters[each.key] <= 6144 # "IAM and AWS STS quotas"
      error_message = "The sending policy \"${each.key}\" would have ${local.sending_characters[each.key]} characters, and IAM lets a managed policy have 6144: name fewer identities, configuration sets, addresses or networks, or make several credentials."
    }
  }
}

resource "aws_iam_user_policy_attachment" "sending_policy" {
  for_each   = aws_iam_policy.sending_policy
  user       = local.user_name
  policy_arn = each.value.arn
  depends_on = [aws_iam_user_policy.sending_policy]
  lifecycle { create_before_destroy = true } # like the user's
}

# The inline policy of earlier versions. The attachments depend on it, so Terraform creates them before it destroys it, and
# mail can be sent throughout.
resource "aws_iam_user_policy" "sending_policy" {
  count  = 0
  user   = local.user_name
  policy = "{}"
  lifecycle { create_before_destroy = true }
}

# It has no version until the function writes one. A version from Terraform would be in its state, and Terraform would write
# it over the credential once Secrets Manager had deleted the old version.
resource "aws_secretsmanager_secret" "smtp_secret" {
  count                   = local.makes_secret ? 1 : 0
  name_prefix             = "${var.name}-"
  description             = "SMTP credential for Amazon SES, rotated by ses-smtp-rotator (${var.name})"
  kms_key_id              = var.kms_key_arn == "" ? null : var.kms_key_arn
  recovery_window_in_days = 0 # by then its access keys are gone, so its value is useless
  tags                    = var.tags

  dynamic "replica" {
    for_each = var.replica_regions
    content { region = replica.value }
  }

  lifecycle {
    precondition {
      condition     = length(var.replica_regions) <= 3
      error_message = "replica_regions must be three at most."
    }
  }
}

resource "aws_secretsmanager_secret_policy" "secret_policy" {
  count               = local.makes_secret && length(var.reader_arns) > 0 ? 1 : 0
  secret_arn          = local.secret_arn
  block_public_policy = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Readers"
      Effect    = "Allow"
      Principal = { AWS = var.reader_arns }
      Action    = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
      Resource  = local.secret_arn
    }]
  })
}

# The first apply runs a tick, which creates the first credential. If SES is slow to accept it, the apply fails and says so;
# the next hourly tick or the next apply continues.
resource "aws_lambda_invocation" "first_credential" {
  function_name = aws_lambda_function.function.function_name
  input         = "{}"
  # A change is tried at once, and fails if it contradicts itself. The policies come before it, because the function sends a
  # mail if verify is send. Policies of removed sources are destroyed after it, and so after the new ones exist.
  triggers = merge(local.environment, { for way, attachment in aws_iam_user_policy_attachment.sending_policy : way => attachment.policy_arn })
}

# Secrets Manager calls the function for each of its rotation's four steps. It needs a schedule of its own: 1000 days is the
# longest, and by then the function's schedule has rotated many times.
resource "aws_lambda_permission" "rotation_permission" {
  count          = var.rotate_button ? 1 : 0
  function_name  = aws_lambda_function.function.function_name
  action         = "lambda:InvokeFunction"
  principal      = "secretsmanager.amazonaws.com"
  source_account = data.aws_caller_identity.here.account_id
}

resource "aws_secretsmanager_secret_rotation" "rotation_configuration" {
  count               = var.rotate_button ? 1 : 0
  secret_id           = local.secret_arn
  rotation_lambda_arn = aws_lambda_function.function.arn
  rotate_immediately  = false
  rotation_rules { automatically_after_days = 1000 }
  depends_on = [aws_lambda_permission.rotation_permission, aws_lambda_invocation.first_credential]
}
