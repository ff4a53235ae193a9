# Copies of the credential in Parameter Store.

# AWS's own provider, which asks nobody to plan what isn't there yet, but for whose account it is.
provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.here
  values = { account_id = "123456789012" }
}

variables {
  name            = "mail"
  function_bucket = "code"
  function_key    = "function.zip"
  identity_arns   = ["arn:aws:ses:eu-west-1:123456789012:identity/example.com"]
  parameter_path  = "/mail/smtp"
}

run "with_the_accounts_key" {
  command = plan

  assert {
    condition     = local.environment.PARAMETER_PATH == "/mail/smtp" && local.environment.PARAMETER_KMS_KEY == ""
    error_message = "The function isn't told where to keep copies."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.function_role["copies"].policy).Statement == [{ Effect = "Allow", Action = ["ssm:GetParameters", "ssm:PutParameter", "ssm:DeleteParameters"], Resource = "arn:aws:ssm:eu-west-1:123456789012:parameter/mail/smtp/*" }]
    error_message = "The function may do something else than keep copies: ${aws_iam_role_policy.function_role["copies"].policy}"
  }

  assert {
    condition     = output.parameters_arn == "arn:aws:ssm:eu-west-1:123456789012:parameter/mail/smtp/*"
    error_message = "Readers are told of ${output.parameters_arn}."
  }
}

run "of_a_secret_elsewhere_with_a_key" {
  command = plan

  variables {
    existing_secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mail-AbCdEf"
    kms_key_arn         = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition     = local.environment.PARAMETER_KMS_KEY == var.kms_key_arn
    error_message = "The function isn't told of the key."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.function_role["copies"].policy).Statement[0].Resource == "arn:aws:ssm:us-east-1:123456789012:parameter/mail/smtp/*"
    error_message = "The copies aren't in the secret's Region."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.function_role["copies"].policy).Statement[1] == { Effect = "Allow", Action = ["kms:Encrypt", "kms:Decrypt"], Resource = var.kms_key_arn, Condition = { StringLike = { "kms:EncryptionContext:PARAMETER_ARN" = "arn:aws:ssm:us-east-1:123456789012:parameter/mail/smtp/*" } } }
    error_message = "The key isn't for the copies alone: ${aws_iam_role_policy.function_role["copies"].policy}"
  }
}

run "none" {
  command = plan

  variables {
    parameter_path = ""
  }

  assert {
    condition     = output.parameters_arn == null
    error_message = "There are no copies, and readers are told of some."
  }
}
