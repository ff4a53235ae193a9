# A VPC endpoint for SES's SMTP interface, as in deploy/endpoint.yaml, which says how a credential is bound to it.

data "aws_region" "here" {}

locals {
  # AWS's provider 6 deprecates name and id of aws_region in favour of region, which 5 lacks. So use
  # the one that exists.
  here = data.aws_region.here[contains(keys(data.aws_region.here), "region") ? "region" : "id"]
}

resource "aws_vpc_endpoint" "endpoint" {
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${local.here}.email-smtp"
  vpc_id              = var.vpc_id
  subnet_ids          = var.subnet_ids
  security_group_ids  = [aws_security_group.security_group.id]
  private_dns_enabled = true # SES's usual name then leads here, and the certificate is for that name
  tags                = merge(var.tags, { Name = var.name })
}

# It has no rule for what goes out: an endpoint opens no connections.
resource "aws_security_group" "security_group" {
  name_prefix = "${var.name}-"
  description = "Who may hand mail to SES through the endpoint"
  vpc_id      = var.vpc_id
  tags        = var.tags

  # All ports of SES's SMTP interface except 25, which AWS throttles and no application should use.
  dynamic "ingress" {
    for_each = [465, 587, 2465, 2587]
    content {
      protocol    = "tcp"
      from_port   = ingress.value
      to_port     = ingress.value
      cidr_blocks = var.private_networks
    }
  }
}
