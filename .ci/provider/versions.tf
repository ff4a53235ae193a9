# The provider with which CI tests the module. .terraform.lock.hcl has the checksums that HashiCorp
# signed. This rewrites them:
#   terraform -chdir=.ci/provider providers lock -platform=linux_amd64 -platform=linux_arm64
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}
