#!/usr/bin/env bash
# Runs GoReleaser, from any folder: bash deploy/release/goreleaser.sh release --snapshot --clean
# It is built from its source at this one version. The first time takes minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

exec go run github.com/goreleaser/goreleaser/v2@v2.15.1 "$@"
