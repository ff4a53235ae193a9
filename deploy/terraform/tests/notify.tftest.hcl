# modules/notify.

# AWS's own provider, which asks nobody to plan what isn't there yet.
provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
}

variables {
  secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail-AbCdEf"
}

run "notify" {
  command = plan

  module {
    source = "./modules/notify"
  }

  variables {
    notice_email = "ops@example.com"
    make_queue   = true
  }

  assert {
    condition     = output.rule_pattern == aws_cloudwatch_event_rule.rule.event_pattern && jsondecode(output.rule_pattern).resources == [var.secret_arn]
    error_message = "The pattern that is put out isn't the rule's, or isn't of the secret."
  }

  assert {
    condition     = aws_sns_topic_subscription.notice[0].endpoint == "ops@example.com" && length(aws_sqs_queue.queue) == 1
    error_message = "Nobody is mailed to, or there is no queue."
  }
}

run "notify_by_a_topic_alone" {
  command = plan

  module {
    source = "./modules/notify"
  }

  assert {
    condition     = length(aws_sns_topic_subscription.notice) + length(aws_sqs_queue.queue) + length(aws_cloudwatch_event_target.queue) == 0 && output.queue_url == null
    error_message = "Somebody is mailed to, or there is a queue."
  }
}

run "notify_refuses_a_name" {
  command = plan

  module {
    source = "./modules/notify"
  }

  variables {
    secret_arn = "mail"
  }

  expect_failures = [
    var.secret_arn,
  ]
}

run "notify_refuses_another_region" {
  command = plan

  module {
    source = "./modules/notify"
  }

  variables {
    secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mail-AbCdEf"
  }

  expect_failures = [
    aws_cloudwatch_event_rule.rule,
  ]
}
