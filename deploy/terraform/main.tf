# One credential for Amazon SES's SMTP interface, which rotates by itself: credential.tf has the user and the secret, function.tf
# the function that owns both, schedule.tf what wakes it, leaks.tf what else does, alarms.tf and dashboard.tf what people see.

data "aws_caller_identity" "here" {}
data "aws_partition" "here" {}
data "aws_region" "here" {}

locals {
  # AWS's provider 6 deprecates name and id of aws_region, and has region instead, which 5 hasn't. So it takes what there is.
  here = data.aws_region.here[contains(keys(data.aws_region.here), "region") ? "region" : "id"]
}
