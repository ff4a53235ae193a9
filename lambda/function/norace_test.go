//go:build !race

package function_test

// raceDetector tells whether the race detector is on, which makes everything several times slower.
const raceDetector = false
