// Package bench measures what the function costs: its start, its memory, its size, and how long it
// waits for what. Each figure is a ratio against something measured in the same run, because
// machines differ and are never alone. README.md has the figures.
package bench
