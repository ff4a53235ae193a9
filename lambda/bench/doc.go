// Package bench measures what the function costs: its start, its memory, its size, and what it
// waits for. Each figure is a ratio against something measured in the same run, because machines
// differ and always do other work as well. README.md has the figures.
package bench
