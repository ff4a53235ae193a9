#!/usr/bin/env bash
# Builds the function into .build/function.zip, from any folder: bash deploy/build.sh [arm64|amd64]
# .build/template.yaml is a template that finds it in a bucket, into which you upload .build/code.
# template.yaml itself is for arm64; .build/template.yaml is for the architecture that was built.
# The same source and the same version of Go give the same bytes on every machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

arch=${1:-arm64}
mkdir -p .build
GOOS=linux GOARCH=$arch CGO_ENABLED=0 GOFLAGS='' \
  go build -buildvcs=false -tags lambda.norpc -trimpath -ldflags="-s -w" -o .build/bootstrap ./lambda
go run ./deploy/internal/bundle .build/bootstrap .build/function.zip

# The template as people deploy it, and the function under the key that the template names.
key=$(go run ./deploy/internal/compact -arch "$arch" template.yaml .build/function.zip .build/template.yaml)
rm -rf .build/code
mkdir -p ".build/code/${key%/*}"
cp .build/function.zip ".build/code/$key"
