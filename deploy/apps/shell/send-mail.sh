#!/usr/bin/env bash
# Sends one complete mail, read from standard input, through Amazon SES with the credential in a secret:
#
#   send-mail.sh SECRET FROM TO < mail.eml
#
# SECRET is a name, or an ARN, which is read in its own Region. The mail's lines may end in LF or
# CRLF. It needs version 2 of the AWS CLI, curl and jq. The password stays out of the process list
# and off the disk.
set -euo pipefail

secret=$1 from=$2 to=$3

# The CLI doesn't follow an ARN to another Region, so this passes the ARN's. A name, which has no
# colon, is looked up in the CLI's own Region.
region=${AWS_REGION:-${AWS_DEFAULT_REGION:-}}
if [[ $secret == *:* ]]; then
  # Regions with these prefixes are in partitions with credentials of their own.
  partition() { [[ $1 =~ ^(cn|eusc|us-gov|us-iso[a-z]*|eu-iso[a-z]*)- ]] && echo "${BASH_REMATCH[1]}" || echo aws; }
  theirs=
  if [[ $secret =~ ^arn:(aws[a-z-]*):secretsmanager:([a-z]+(-[a-z]+)+-[0-9]+):[0-9]{12}:secret:[A-Za-z0-9/_+=.@!-]+$ ]]; then
    in=${BASH_REMATCH[1]} theirs=${BASH_REMATCH[2]}
    if [ "$in" = aws ] && [ "$(partition "$theirs")" != aws ] || [ "$in" != aws ] && [ "$(partition "$theirs")" = aws ]; then theirs=; fi
  fi
  if [ -z "$theirs" ]; then
    echo "send-mail.sh: SECRET has a colon but isn't the ARN of a secret; give its name or its ARN," \
      "such as arn:aws:secretsmanager:eu-west-1:111122223333:secret:mail-AbCdEf" >&2 # not quoted: it may be a password
    exit 64
  fi
  [ -n "$region" ] || region=$(aws configure get region || echo "$theirs")
  if [ "$(partition "$region")" != "$(partition "$theirs")" ]; then
    echo "send-mail.sh: SECRET is an ARN of Region $theirs, in another partition of AWS than this machine's Region $region" >&2
    exit 64
  fi
  region=$theirs
fi
mail=$(LC_ALL=C sed $'s/\r*$//'; echo .) # lines end in LF here, and curl sends CRLF; $( ) would strip empty lines at the end

# Makes curl's configuration from the value. It accepts only what can be a login. curl's quoted
# strings are escaped like JSON's. The name after the port is for EHLO: curl takes the machine's,
# which may not be ASCII.
configuration='
  def is($form): tostring | test("\\A(" + $form + ")\\z");
  if (.username | is("[A-Z0-9]+")) and (.host | is("[A-Za-z0-9._:-]+")) and (.port | is("[0-9]{1,5}")) and
    (.password | type == "string" and is("[^\\x00-\\x1f\\x7f]+"))
  then
    (if .port | is("2?465") then "smtps" else "smtp" end) as $scheme |
    (if .host | contains(":") then "[\(.host)]" else .host end) as $host |
    "url = \("\($scheme)://\($host):\(.port)/localhost" | tojson)\nuser = \("\(.username):\(.password)" | tojson)"
  else error("the secret has no SMTP credential: is there a first one yet?") end'

send() {
  local value config
  value=$(aws ${region:+--region "$region"} secretsmanager get-secret-value --secret-id "$secret" --version-stage AWSCURRENT \
    --query SecretString --output text) || return
  config=$(jq -r "$configuration" <<<"$value") || return
  printf '%s' "${mail%.}" | curl --silent --show-error --ssl-reqd --crlf --mail-from "$from" --mail-rcpt "$to" --upload-file - \
    --config <(printf '%s' "$config")
}

# 67 is curl's "login denied": the credential was replaced between reading and sending.
send || { [ $? = 67 ] && send; }
