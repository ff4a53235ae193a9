//go:build release

package release
// commands.Of(
