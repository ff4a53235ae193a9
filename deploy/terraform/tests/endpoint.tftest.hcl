# modules/endpoint.

# AWS's own provider, which asks nobody to plan what isn't there yet, but for whose account it is.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
}

run "endpoint" {
  command = plan

  module {
    source = "./modules/endpoint"
  }

  variables {
    name             = "mail"
    vpc_id           = "vpc-1"
    subnet_ids       = ["subnet-1"]
    private_networks = ["10.0.0.0/16"]
  }

  assert {
    condition     = aws_vpc_endpoint.endpoint.service_name == "com.amazonaws.us-east-1.email-smtp" && aws_vpc_endpoint.endpoint.private_dns_enabled
    error_message = "That isn't SES's SMTP interface."
  }

  assert {
    condition     = alltrue([for rule in aws_security_group.security_group.ingress : rule.cidr_blocks == tolist(["10.0.0.0/16"])]) && length(aws_security_group.security_group.ingress) == 4
    error_message = "Others may use the endpoint."
  }
}

run "endpoint_refuses_public" {
  command = plan

  module {
    source = "./modules/endpoint"
  }

  variables {
    name             = "mail"
    vpc_id           = "vpc-1"
    subnet_ids       = ["subnet-1"]
    private_networks = ["192.0.2.0/24"]
  }

  expect_failures = [
    var.private_networks,
  ]
}

run "endpoint_refuses_none" {
  command = plan

  module {
    source = "./modules/endpoint"
  }

  variables {
    name             = "mail"
    vpc_id           = "vpc-1"
    subnet_ids       = ["subnet-1"]
    private_networks = []
  }

  expect_failures = [
    var.private_networks,
  ]
}
