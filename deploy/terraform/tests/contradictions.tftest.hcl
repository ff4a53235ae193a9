# Settings that contradict each other. Each of these runs fails if the module plans them.

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

run "interval_within_grace" {
  command = plan

  variables {
    rotation_interval = "8d15m"
  }

  expect_failures = [
    aws_lambda_function.function,
  ]
}

run "send_from_nobody" {
  command = plan

  variables {
    verify = "send"
  }

  expect_failures = [
    aws_lambda_function.function,
  ]
}

run "sending_as_recipients" {
  command = plan

  variables {
    sandbox_recipient_arns = ["arn:aws:ses:eu-west-1:123456789012:identity/example.net"]
  }

  expect_failures = [
    aws_lambda_function.function,
  ]
}

run "private_networks_of_everybody" {
  command = plan

  variables {
    private_networks = ["10.0.0.0/16"]
  }

  expect_failures = [
    aws_lambda_function.function,
  ]
}

run "readers_of_an_existing_secret" {
  command = plan

  variables {
    existing_secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail-AbCdEf"
    reader_arns         = ["arn:aws:iam::123456789012:role/application"]
  }

  expect_failures = [
    aws_lambda_function.function,
  ]
}

run "replicas_of_an_existing_secret" {
  command = plan

  variables {
    existing_secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail-AbCdEf"
    replica_regions     = ["eu-central-1"]
  }

  expect_failures = [
    aws_lambda_function.function,
  ]
}

run "subnets_without_security_groups" {
  command = plan

  variables {
    subnet_ids = ["subnet-1"]
  }

  expect_failures = [
    aws_lambda_function.function,
  ]
}

run "security_groups_without_subnets" {
  command = plan

  variables {
    security_group_ids = ["sg-1"]
  }

  expect_failures = [
    aws_lambda_function.function,
  ]
}

run "four_replicas" {
  command = plan

  variables {
    replica_regions = ["us-east-1", "us-east-2", "us-west-1", "us-west-2"]
  }

  expect_failures = [
    aws_secretsmanager_secret.smtp_secret,
  ]
}

run "more_identities_than_fit" {
  command = plan

  variables {
    identity_arns = [for i in range(120) : "arn:aws:ses:eu-west-1:123456789012:identity/${i}.notices.example.com"]
  }

  expect_failures = [
    aws_iam_policy.sending_policy,
  ]
}
