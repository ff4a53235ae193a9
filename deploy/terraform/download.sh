#!/bin/sh
# Downloads FUNCTION_URL into FUNCTION_FILE if its SHA-256 checksum is FUNCTION_SHA256, and fails otherwise. code.tf runs it.
set -eu

# Shows no password and no signature from the URL. variables.tf refuses / ? # and @ in a password.
shown=$(printf '%s' "$FUNCTION_URL" | sed 's,//[^/?#]*@,//,; s,[?#].*,,')

fail() {
  echo "$*" >&2
  exit 1
}

if command -v sha256sum >/dev/null; then
  checksum() { sha256sum <"$1" | cut -d ' ' -f 1; }
elif command -v shasum >/dev/null; then
  checksum() { shasum -a 256 <"$1" | cut -d ' ' -f 1; }
else
  fail "Neither sha256sum nor shasum is on the PATH, so nothing tells what $shown has. Set function_zip to a file instead."
fi

if [ -f "$FUNCTION_FILE" ] && [ "$(checksum "$FUNCTION_FILE")" = "$FUNCTION_SHA256" ]; then
  exit 0
fi
command -v curl >/dev/null || fail "curl isn't on the PATH: install it, or set function_zip to a file that you have downloaded."
mkdir -p "$(dirname "$FUNCTION_FILE")"
new=$(mktemp "$FUNCTION_FILE.XXXXXX")
trap 'rm -f "$new"' EXIT

# curl gets the URL from a file, because every user of the machine can list arguments. It would
# treat brackets as a range.
printf 'url = "%s"\n' "$FUNCTION_URL" | curl --globoff --fail --silent --show-error --location --retry 3 --proto =http,https \
  --output "$new" --config - || fail "$shown can't be downloaded; curl says why above. The function is as it was."
got=$(checksum "$new")
[ "$got" = "$FUNCTION_SHA256" ] || fail "$shown has the SHA-256 checksum $got, and function_sha256 is $FUNCTION_SHA256." \
  "The function is as it was: take the checksum from the release's SHA256SUMS, and don't use the file if it differs."
mv "$new" "$FUNCTION_FILE" # in one step, because other instances of the module read it
