# One credential that sends as example.com. Build the function first: bash deploy/build.sh

variable "identity_arn" {
  description = "ARN of the SES identity to send from."
  type        = string
}

module "mail" {
  source        = "../"
  name          = "mail"
  function_zip  = "${path.module}/../../../.build/function.zip"
  identity_arns = [var.identity_arn]
  tags          = { service = "mail" }
}

output "mail" {
  value = module.mail
}
