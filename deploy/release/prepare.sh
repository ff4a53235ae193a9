#!/usr/bin/env bash
# Makes everything in a release except smtprotate, in .build/release. GoReleaser runs it first.
#   bash deploy/release/prepare.sh VERSION [snapshot]
# VERSION is the version in the release's file names. It has to be the source's, unless it is a
# snapshot's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
version=${1:?"usage: bash deploy/release/prepare.sh VERSION [snapshot]"}

out=.build/release
rm -rf $out
mkdir -p $out/tools $out/completions

number=$(sed -n 's/^const Number = "\(.*\)"$/\1/p' pkg/version/version.go)
if [ "${2:-}" != snapshot ] && [ "$version" != "$number" ]; then
  echo "the tag is v$version, and pkg/version/version.go says $number: a release's commit has to say $version" >&2
  exit 1
fi

# Lists of the modules in a program, in CycloneDX's format.
source .ci/versions
GOOS='' GOARCH='' GOFLAGS='' GOBIN=$PWD/$out/tools go install "$cyclonedx"

# The function, built by its one script, and the template that finds it under its name in the
# release.
for arch in amd64 arm64; do # the last one stays in .build, where build.sh leaves it
  bash deploy/build.sh $arch
  $out/tools/cyclonedx-gomod bin -json -licenses -noserial -notimestamp -output $out/function-$arch.cdx.json .build/bootstrap
  cp .build/function.zip $out/function-$arch.zip
  GOOS='' GOARCH='' go run ./deploy/internal/compact -arch $arch -release "$version" \
    template.yaml $out/function-$arch.zip $out/template-$arch.yaml
done

# Makes the same bytes on every machine.
smtprotate() { GOOS='' GOARCH='' go run ./deploy/smtprotate "$@"; }
smtprotate manual | gzip -9n >$out/smtprotate.1.gz
for shell in bash zsh fish; do
  smtprotate completion $shell >$out/completions/smtprotate.$shell
done

# Packages put the program where packages put programs.
sed 's,/usr/local/bin/,/usr/bin/,' deploy/apps/postfix/smtprotate-postfix.service >$out/smtprotate-postfix.service
