# modules/leaks.

# AWS's own provider, which asks nobody to plan what isn't there yet, but for whose account it is.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.here
  values = { account_id = "123456789012" }
}

run "leaks" {
  command = plan

  module {
    source = "./modules/leaks"
  }

  variables {
    regions = ["us-east-1", "eu-west-1"]
  }

  assert {
    condition     = keys(aws_cloudwatch_event_target.buses) == ["eu-west-1"] && aws_cloudwatch_event_target.buses["eu-west-1"].arn == "arn:aws:events:eu-west-1:123456789012:event-bus/default"
    error_message = "Leaks aren't forwarded there, or to this Region as well."
  }

  assert {
    condition     = length(aws_sns_topic_subscription.alarm_subscription) == 0
    error_message = "Somebody is mailed to."
  }
}

run "leaks_refuses_no_region" {
  command = plan

  module {
    source = "./modules/leaks"
  }

  variables {
    regions = []
  }

  expect_failures = [
    var.regions,
  ]
}

run "leaks_refuses_a_region_twice" {
  command = plan

  module {
    source = "./modules/leaks"
  }

  variables {
    regions = ["eu-west-1", "eu-west-1"]
  }

  expect_failures = [
    var.regions,
  ]
}

run "leaks_refuses_this_region_alone" {
  command = plan

  module {
    source = "./modules/leaks"
  }

  variables {
    regions = ["us-east-1"]
  }

  expect_failures = [
    aws_cloudwatch_event_rule.rule,
  ]
}
