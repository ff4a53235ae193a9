# What is planned if nothing but the name, the function and the identity is given.

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
}

run "defaults" {
  command = plan

  assert {
    condition     = aws_lambda_function.function.architectures == tolist(["arm64"]) && aws_lambda_function.function.runtime == "provided.al2023" && aws_lambda_function.function.timeout == 300
    error_message = "The function isn't what deploy/build.sh makes."
  }

  assert {
    condition     = aws_lambda_function.function.reserved_concurrent_executions == -1
    error_message = "Invocations are limited."
  }

  assert {
    condition     = length(aws_iam_user.smtp_user) == 1 && aws_iam_user.smtp_user[0].name == "mail-smtp" && aws_iam_user.smtp_user[0].force_destroy
    error_message = "There is no user that can be destroyed together with its access keys."
  }

  assert {
    condition     = length(aws_secretsmanager_secret.smtp_secret) == 1 && length(aws_secretsmanager_secret_policy.secret_policy) == 0
    error_message = "There is no secret, or others than this account read it."
  }

  assert {
    condition     = keys(aws_iam_policy.sending_policy) == ["outside"] && jsondecode(aws_iam_policy.sending_policy["outside"].policy).Statement[0].Action == "ses:SendRawEmail"
    error_message = "The user may do something else than send."
  }

  assert {
    condition     = keys(aws_iam_role_policy.function_role) == ["access-keys", "audit", "failures", "log", "secret"] && length(aws_iam_role_policy.network_is_lambdas) == 0
    error_message = "The function's role has other permissions."
  }

  assert {
    condition     = aws_scheduler_schedule.schedule.state == "ENABLED" && aws_scheduler_schedule.schedule.schedule_expression == "rate(1 hour)"
    error_message = "Nothing wakes the function once an hour."
  }

  assert {
    condition     = keys(aws_cloudwatch_event_rule.leaks) == ["health"]
    error_message = "The function doesn't hear of leaks, or of more than it should."
  }

  assert {
    condition     = length(aws_secretsmanager_secret_rotation.rotation_configuration) == 0 && length(terraform_data.download) == 0
    error_message = "There is more than was asked for."
  }

  assert {
    condition     = aws_cloudwatch_log_group.log_group.retention_in_days == 365 && aws_cloudwatch_log_group.log_group.skip_destroy
    error_message = "The log isn't kept for a year."
  }
}

run "nothing_is_null" {
  command = plan

  variables {
    from_addresses  = null
    source_networks = null
    grace_period    = null
    verify          = null
    reader_arns     = null
    alarm_email     = null
    tags            = null
    rotate_button   = null
    function_zip    = null
    function_url    = null
  }

  assert {
    condition     = length(aws_iam_user.smtp_user) == 1 && jsondecode(aws_lambda_invocation.first_credential.input) == {}
    error_message = "null isn't what no value is."
  }
}
