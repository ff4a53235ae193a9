#!/usr/bin/env bash
# Makes ready for CloudFormation StackSets, from any folder: bash deploy/fleet.sh BUCKET REGION...
# Lambda takes code from a bucket in its own Region only. So the function goes to the bucket BUCKET-REGION in each Region,
# which must be there and let the accounts read. .build/template.yaml finds it there with CodeBucket=BUCKET-.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# -ge 2 ] || { echo "usage: bash deploy/fleet.sh BUCKET REGION..." >&2; exit 2; }
bucket=$1
shift

bash deploy/build.sh
for region in "$@"; do
  aws s3 cp --only-show-errors --recursive --region "$region" .build/code "s3://$bucket-$region"
  echo "s3://$bucket-$region"
done
