#!/usr/bin/env bash
# Sends one complete mail, read from standard input, through Amazon SES with the credential in a secret:
#
#   send-mail.sh SECRET FROM TO < mail.eml
#
# SECRET is a name, or an ARN, which is read in its own Region. It needs version 2 of the AWS CLI, curl and jq. The password stays out of the list of processes and off the disk.
set -euo pipefail

secret=$1 from=$2 to=$3

# The CLI doesn't follow an ARN to another Region, so the ARN's is named. A name, which has no colon, is one in the CLI's own Region.
region=${AWS_REGION:-${AWS_DEFAULT_REGION:-}}
if [[ $secret == *:* ]]; then
  # A Region that begins with one of these is in a partition of its own, with credentials of its own.
  partition() { [[ $1 =~ ^(cn|eusc|us-gov|us-iso[a-z]*|eu-iso[a-z]*)- ]] && echo "${BASH_REMATCH[1]}" || echo aws; }
  theirs=
  if [[ $secret =~ ^arn:(aws[a-z-]*):secretsmanager:([a-z]+(-[a-z]+)+-[0-9]+):[0-9]{12}:secret:[A-Za-z0-9/_+=.@!-]+$ ]]; then
    in=${BASH_REMATCH[1]} theirs=${BASH_REMATCH[2]}
    if [ "$in" = aws ] && [ "$(partition "$theirs")" != aws ] || [ "$in" != aws ] && [ "$(partition "$theirs")" = aws ]; then theirs=; fi
  fi
  if [ -z "$theirs" ]; then
    echo "send-mail.sh: SECRET has a colon and isn't the ARN of a secret; wanted is its name, or its ARN," \
      "such as arn:aws:secretsmanager:eu-west-1:111122223333:secret:mail-AbCdEf" >&2 # it isn't told: it may be a password
    exit 64
  fi
  [ -n "$region" ] || region=$(aws configure get region || echo "$theirs")
  if [ "$(partition "$region")" != "$(partition "$theirs")" ]; then
    echo "send-mail.sh: SECRET is an ARN of Region $theirs, in another partition of AWS than this machine's Region $region" >&2
    exit 64
  fi
  region=$theirs
fi
mail=$(cat; echo .) # $( ) would take the empty lines at the end

send() {
  local value
  value=$(aws ${region:+--region "$region"} secretsmanager get-secret-value --secret-id "$secret" --version-stage AWSCURRENT \
    --query SecretString --output text) || return
  printf '%s' "${mail%.}" | curl --silent --show-error --ssl-reqd --crlf --mail-from "$from" --mail-rcpt "$to" --upload-file - \
    --config <(jq -r '"url = \"\(.url | split(":")[0])://\(.host):\(.port)\"\nuser = \"\(.username):\(.password)\""' <<<"$value")
}

# 67 is curl's "login denied": the credential was replaced between reading and sending.
send || { [ $? = 67 ] && send; }
