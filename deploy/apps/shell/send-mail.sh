#!/usr/bin/env bash
# Sends one complete mail, read from standard input, through Amazon SES with the credential in a secret:
#
#   send-mail.sh SECRET FROM TO < mail.eml
#
# It needs version 2 of the AWS CLI, curl and jq. The password stays out of the list of processes and off the disk.
set -euo pipefail

secret=$1 from=$2 to=$3
mail=$(cat; echo .) # $( ) would take the empty lines at the end

send() {
  local value
  value=$(aws secretsmanager get-secret-value --secret-id "$secret" --version-stage AWSCURRENT --query SecretString --output text) || return
  printf '%s' "${mail%.}" | curl --silent --show-error --ssl-reqd --crlf --mail-from "$from" --mail-rcpt "$to" --upload-file - \
    --config <(jq -r '"url = \"\(.url | split(":")[0])://\(.host):\(.port)\"\nuser = \"\(.username):\(.password)\""' <<<"$value")
}

# 67 is curl's "login denied": the credential was replaced between reading and sending.
send || { [ $? = 67 ] && send; }
