#!/usr/bin/env bash
# Runs GoReleaser, from any folder: bash deploy/release/goreleaser.sh release --snapshot --clean
# It is built from its source, at the version in .ci/versions. The first time takes minutes. GORELEASER names one that is built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

source .ci/versions
[ -z "${GORELEASER:-}" ] || exec "$GORELEASER" "$@"
exec go run "$goreleaser" "$@"
