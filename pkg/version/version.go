// Package version says which release a program was built from. The number is in the source, not set
// by the build, so the same source gives the same bytes with or without git.
package version

import (
	"runtime/debug"
	"strings"
)

// Number is the release that this source is, or will become ("-dev"), in Semantic Versioning. The
// release's tag is "v" and this number; deploy/release/prepare.sh refuses any other.
const Number = "0.1.0-dev"

// String returns Number, and the module's version if Go knows another one: that of a commit between
// two releases, or of a tree with changes.
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Number
	}
	return describe(info.Main.Version)
}

func describe(module string) string {
	switch module {
	case "", "(devel)", "v" + Number:
		return Number
	}
	return Number + " (" + strings.TrimPrefix(module, "v") + ")"
}
