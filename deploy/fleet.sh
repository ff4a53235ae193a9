#!/usr/bin/env bash
# Prepares for CloudFormation StackSets, from any folder: bash deploy/fleet.sh BUCKET REGION...
# Lambda only takes code from a bucket in its own Region. So this uploads the function to the bucket
# BUCKET-REGION in each Region, which must exist and let the accounts read. .build/template.yaml
# finds it there with CodeBucket=BUCKET-.
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
