#!/usr/bin/env bash
# Makes ready for CloudFormation StackSets, from any folder: bash deploy/fleet.sh BUCKET REGION...
# Lambda takes code from a bucket in its own Region only. So the function goes to the bucket BUCKET-REGION in each Region,
# which must be there and let the accounts read, and .build/fleet.yaml is the template that finds it there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# -ge 2 ] || { echo "usage: bash deploy/fleet.sh BUCKET REGION..." >&2; exit 2; }
bucket=$1
shift

bash deploy/build.sh
key=ses-smtp-rotator/$(sha256sum .build/function.zip | cut -c1-16).zip # other code has another key, so that stacks notice
for region in "$@"; do
  aws s3 cp --only-show-errors --region "$region" .build/function.zip "s3://$bucket-$region/$key"
  echo "s3://$bucket-$region/$key"
done
sed "s|CodeUri: .build/function.zip|CodeUri: { Bucket: !Sub \"$bucket-\${AWS::Region}\", Key: $key }|" template.yaml >.build/fleet.yaml
grep -q "$key" .build/fleet.yaml
echo .build/fleet.yaml
