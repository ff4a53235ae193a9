#!/usr/bin/env bash
# Runs GoReleaser, from any folder: bash deploy/release/goreleaser.sh release --snapshot --clean
# It builds GoReleaser from source, at the version in .ci/versions; the first time takes minutes.
# GORELEASER names one that is already built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

source .ci/versions
[ -z "${GORELEASER:-}" ] || exec "$GORELEASER" "$@"
exec go run "$goreleaser" "$@"
