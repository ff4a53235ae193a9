# Takes over a user that already sends, and the secret with its password. Applications go on reading
# that secret.

provider "aws" {} # AWS_REGION and AWS_PROFILE say where, and as whom

module "mail" {
  source              = "../../"
  name                = var.name
  function_zip        = var.function_zip
  identity_arns       = [var.identity_arn]
  existing_user_name  = var.user_name
  existing_user_path  = var.user_path
  existing_secret_arn = var.secret_arn
}
