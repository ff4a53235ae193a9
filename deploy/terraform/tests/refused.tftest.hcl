# Values that no variable takes. One run has one of each, and fails if only one of them is taken.

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

run "wide_or_malformed" {
  command = plan

  variables {
    name                   = "two words"
    function_url           = "ftp://example.com/function.zip"
    function_sha256        = "abc"
    architecture           = "amd64"
    identity_arns          = []
    configuration_set_arns = ["arn:aws:ses:eu-west-1:123456789012:configuration-set/*"]
    from_addresses         = ["*"]
    from_names             = ["*"]
    recipients             = ["*"]
    sandbox_recipient_arns = ["arn:aws:ses:eu-west-1:123456789012:identity/*"]
    source_networks        = ["0.0.0.0/0"]
    vpc_endpoint_ids       = ["*"]
    vpc_ids                = ["*"]
    private_networks       = ["0.0.0.0/0"]
    smtp_regions           = ["*"]
    smtp_endpoint          = "a b"
    secret_keys            = "username"
    parameter_path         = "/aws/mail"
    rotation_interval      = "30"
    grace_period           = "1w"
    quarantine_period      = "1 day"
    in_use_window          = "often"
    max_grace_period       = "-1d"
    promotion_window       = "0"
    verify                 = "yes"
    verify_from            = "nobody"
    verify_timeout         = "1"
    existing_user_name     = "apps/mailer"
    existing_user_path     = "apps"
    existing_secret_arn    = "mail"
    reader_arns            = ["*"]
    kms_key_arn            = "alias/mail"
    replica_regions        = ["everywhere"]
    suspected_leaks        = "ignore"
    schedule_state         = "off"
    schedule_expression    = "rate(1 day)"
    reserved_concurrency   = 0
    log_retention_days     = 7
    alarm_email            = "ops"
  }

  expect_failures = [
    var.name,
    var.function_url,
    var.function_sha256,
    var.architecture,
    var.identity_arns,
    var.configuration_set_arns,
    var.from_addresses,
    var.from_names,
    var.recipients,
    var.sandbox_recipient_arns,
    var.source_networks,
    var.vpc_endpoint_ids,
    var.vpc_ids,
    var.private_networks,
    var.smtp_regions,
    var.smtp_endpoint,
    var.secret_keys,
    var.parameter_path,
    var.rotation_interval,
    var.grace_period,
    var.quarantine_period,
    var.in_use_window,
    var.max_grace_period,
    var.promotion_window,
    var.verify,
    var.verify_from,
    var.verify_timeout,
    var.existing_user_name,
    var.existing_user_path,
    var.existing_secret_arn,
    var.reader_arns,
    var.kms_key_arn,
    var.replica_regions,
    var.suspected_leaks,
    var.schedule_state,
    var.schedule_expression,
    var.reserved_concurrency,
    var.log_retention_days,
    var.alarm_email,
  ]
}

run "empty_or_of_another_kind" {
  command = plan

  variables {
    name                   = ""
    function_url           = "https://somebody:a?b@example.com/function.zip"
    function_sha256        = "EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE"
    architecture           = ""
    identity_arns          = ["arn:aws:ses:eu-west-1:123456789012:identity/*"]
    configuration_set_arns = ["mail"]
    from_addresses         = ["news@$example.com"]
    from_names             = [" Example"]
    recipients             = ["*@*"]
    sandbox_recipient_arns = ["a@example.net"]
    source_networks        = ["192.0.2.10"]
    vpc_endpoint_ids       = ["vpc-1"]
    vpc_ids                = ["vpce-1"]
    private_networks       = ["10.0.0.0"]
    smtp_regions           = ["EU"]
    smtp_endpoint          = " "
    secret_keys            = "username=a b"
    parameter_path         = "/mail/*"
    rotation_interval      = "0"
    grace_period           = "7"
    quarantine_period      = "-1d"
    in_use_window          = "24"
    max_grace_period       = "never"
    promotion_window       = "15"
    verify                 = ""
    verify_from            = "a b@example.com"
    verify_timeout         = "0"
    existing_user_name     = "*"
    existing_user_path     = "/*/"
    existing_secret_arn    = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail"
    reader_arns            = ["arn:aws:iam::123456789012:root"]
    kms_key_arn            = "arn:aws:kms:eu-west-1:123456789012:alias/mail"
    replica_regions        = ["*"]
    suspected_leaks        = ""
    schedule_state         = ""
    schedule_expression    = ""
    reserved_concurrency   = -1
    log_retention_days     = 0
    alarm_email            = "a b@example.com"
  }

  expect_failures = [
    var.name,
    var.function_url,
    var.function_sha256,
    var.architecture,
    var.identity_arns,
    var.configuration_set_arns,
    var.from_addresses,
    var.from_names,
    var.recipients,
    var.sandbox_recipient_arns,
    var.source_networks,
    var.vpc_endpoint_ids,
    var.vpc_ids,
    var.private_networks,
    var.smtp_regions,
    var.smtp_endpoint,
    var.secret_keys,
    var.parameter_path,
    var.rotation_interval,
    var.grace_period,
    var.quarantine_period,
    var.in_use_window,
    var.max_grace_period,
    var.promotion_window,
    var.verify,
    var.verify_from,
    var.verify_timeout,
    var.existing_user_name,
    var.existing_user_path,
    var.existing_secret_arn,
    var.reader_arns,
    var.kms_key_arn,
    var.replica_regions,
    var.suspected_leaks,
    var.schedule_state,
    var.schedule_expression,
    var.reserved_concurrency,
    var.log_retention_days,
    var.alarm_email,
  ]
}

run "nearly_right" {
  command = plan

  variables {
    name                   = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    function_url           = "https://example.com/a\"b"
    function_sha256        = "gggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggg"
    architecture           = "ARM64"
    identity_arns          = ["example.com"]
    configuration_set_arns = ["arn:aws:ses:eu-west-1:123456789012:identity/example.com"]
    from_addresses         = ["*@*.com"]
    from_names             = ["Exa?ple"]
    recipients             = ["a b@example.com"]
    sandbox_recipient_arns = ["arn:aws:ses:eu-west-1:123456789012:identity/$x"]
    source_networks        = ["2000::/3"]
    vpc_endpoint_ids       = [""]
    vpc_ids                = [""]
    private_networks       = ["fd00::/8"]
    smtp_regions           = [""]
    smtp_endpoint          = "a:587, b"
    secret_keys            = "username=a,"
    parameter_path         = "/mail/"
    rotation_interval      = "1w"
    grace_period           = ""
    quarantine_period      = ""
    in_use_window          = ""
    max_grace_period       = ""
    promotion_window       = ""
    verify                 = "LOGIN"
    verify_from            = "@"
    verify_timeout         = ""
    existing_user_name     = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    existing_user_path     = ""
    existing_secret_arn    = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail-??????"
    reader_arns            = ["arn:aws:iam::123456789012:role/*"]
    kms_key_arn            = "*"
    replica_regions        = ["eu-west"]
    suspected_leaks        = "Emergency"
    schedule_state         = "enabled"
    schedule_expression    = "rate(2 hours)"
    reserved_concurrency   = 0.5
    log_retention_days     = 366
    alarm_email            = "@"
  }

  expect_failures = [
    var.name,
    var.function_url,
    var.function_sha256,
    var.architecture,
    var.identity_arns,
    var.configuration_set_arns,
    var.from_addresses,
    var.from_names,
    var.recipients,
    var.sandbox_recipient_arns,
    var.source_networks,
    var.vpc_endpoint_ids,
    var.vpc_ids,
    var.private_networks,
    var.smtp_regions,
    var.smtp_endpoint,
    var.secret_keys,
    var.parameter_path,
    var.rotation_interval,
    var.grace_period,
    var.quarantine_period,
    var.in_use_window,
    var.max_grace_period,
    var.promotion_window,
    var.verify,
    var.verify_from,
    var.verify_timeout,
    var.existing_user_name,
    var.existing_user_path,
    var.existing_secret_arn,
    var.reader_arns,
    var.kms_key_arn,
    var.replica_regions,
    var.suspected_leaks,
    var.schedule_state,
    var.schedule_expression,
    var.reserved_concurrency,
    var.log_retention_days,
    var.alarm_email,
  ]
}
