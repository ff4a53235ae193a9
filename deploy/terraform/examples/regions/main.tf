# One credential that sends through SES in two Regions. Applications read its secret in either. AWS
# reports leaked access keys in us-east-1 and us-west-2; they are forwarded from there to the Region
# whose function answers them.

provider "aws" {
  region = var.regions[0]
}

provider "aws" {
  alias  = "leaks"
  region = "us-east-1"
}

provider "aws" {
  alias  = "leaks_backup"
  region = "us-west-2"
}

module "mail" {
  source          = "../../"
  name            = var.name
  function_zip    = var.function_zip
  identity_arns   = var.identity_arns
  smtp_regions    = var.regions
  replica_regions = slice(var.regions, 1, length(var.regions))
}

module "leaks" {
  source      = "../../modules/leaks"
  providers   = { aws = aws.leaks }
  regions     = [var.regions[0]]
  alarm_email = var.alarm_email
}

module "leaks_backup" {
  source      = "../../modules/leaks"
  providers   = { aws = aws.leaks_backup }
  regions     = [var.regions[0]]
  alarm_email = var.alarm_email
}
