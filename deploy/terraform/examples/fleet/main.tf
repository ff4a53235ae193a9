# Many credentials, one for each application, in two Regions. Each has its own user, secret and function.

provider "aws" {
  region = "eu-west-1"
}

provider "aws" {
  alias  = "us"
  region = "us-east-1"
}

module "mail_eu" {
  source          = "../../"
  for_each        = { for name, credential in var.credentials : name => credential if credential.region == "eu-west-1" }
  name            = each.key
  function_zip    = var.function_zip
  identity_arns   = each.value.identity_arns
  from_addresses  = each.value.from_addresses
  source_networks = each.value.source_networks
  reader_arns     = each.value.reader_arns
  alarm_email     = var.alarm_email
  tags            = { application = each.key }
}

module "mail_us" {
  source          = "../../"
  providers       = { aws = aws.us }
  for_each        = { for name, credential in var.credentials : name => credential if credential.region == "us-east-1" }
  name            = each.key
  function_zip    = var.function_zip
  identity_arns   = each.value.identity_arns
  from_addresses  = each.value.from_addresses
  source_networks = each.value.source_networks
  reader_arns     = each.value.reader_arns
  alarm_email     = var.alarm_email
  tags            = { application = each.key }
}
