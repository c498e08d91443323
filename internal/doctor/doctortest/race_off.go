//go:build !race

package doctortest

// raceEnabled reports whether the race detector is in use, which multiplies what a program costs.
const raceEnabled = false
