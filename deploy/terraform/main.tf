# One credential for Amazon SES's SMTP interface, which is rotated automatically: credential.tf has the user and the secret,
# function.tf the function that owns both, schedule.tf and leaks.tf what invokes it, alarms.tf and dashboard.tf what people
# see.

data "aws_caller_identity" "here" {}
data "aws_partition" "here" {}
data "aws_region" "here" {}

locals {
  # AWS's provider 6 deprecates name and id of aws_region in favour of region, which version 5 doesn't have. So this takes
  # whichever exists.
  here = data.aws_region.here[contains(keys(data.aws_region.here), "region") ? "region" : "id"]
}
