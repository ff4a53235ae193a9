// Package release makes and checks a release: what .goreleaser.yaml says, with the scripts beside
// this file. Its tests look at a snapshot, whose folder RELEASE_DIST names:
//
//	bash deploy/release/goreleaser.sh release --snapshot --clean
//	RELEASE_DIST=$PWD/.build/dist go test -tags release ./deploy/release
package release
