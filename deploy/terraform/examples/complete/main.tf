# One complete credential that sends as example.com. The module's README.md says how to apply it.

provider "aws" {} # AWS_REGION and AWS_PROFILE say where, and as whom

module "mail" {
  source = "../../"
  name   = var.name

  function_zip    = var.function_url == "" ? var.function_zip : ""
  function_url    = var.function_url
  function_sha256 = var.function_sha256

  # What it may send, and from where.
  identity_arns    = [var.identity_arn]
  from_addresses   = var.from_addresses
  source_networks  = var.source_networks
  vpc_endpoint_ids = module.endpoint[*].endpoint_id

  # Who reads it, and who hears of trouble.
  reader_arns = var.reader_arns
  alarm_email = var.alarm_email

  tags = local.tags
}

# In this Region's VPC, if one is named.
module "endpoint" {
  source           = "../../modules/endpoint"
  count            = var.vpc_id == "" ? 0 : 1
  name             = "${var.name}-smtp"
  vpc_id           = var.vpc_id
  subnet_ids       = var.subnet_ids
  private_networks = var.private_networks
  tags             = local.tags
}

locals {
  tags = { service = var.name }
}
