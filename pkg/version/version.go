// Package version says which release a program was built from. The number is part of the source,
// not of the build: the same source gives the same bytes, with or without git.
package version

import (
	"runtime/debug"
	"strings"
)

// Number is the release that this source is, or will become ("-dev"), by Semantic Versioning. A
// release's tag is the letter v and this number; deploy/release/prepare.sh refuses any other.
const Number = "0.1.0-dev"

// String is Number, and the module's version if Go knows another one: that of a commit between two
// releases, or of a tree with changes.
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
