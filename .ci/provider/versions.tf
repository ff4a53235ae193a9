# The provider with which CI tries the module, and in .terraform.lock.hcl the checksums that HashiCorp signed for it.
# terraform -chdir=.ci/provider providers lock -platform=linux_amd64 -platform=linux_arm64   writes them anew.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}
