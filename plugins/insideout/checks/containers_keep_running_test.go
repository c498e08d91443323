package checks

import (
	"testing"

	"github.com/akstools/akstools/internal/podhealth"
)

// Only the number of restarts is known: not how many of them had the last exit code, nor that the container ended once more.
func TestCrashedTellsRestarts(t *testing.T) {
	last := podhealth.State{Phase: podhealth.Terminated, ExitCode: 3}
	for restarts, want := range map[int32]string{
		0: "exited with code 3", 1: "exited with code 3, restarted once", 7: "exited with code 3, restarted 7 times",
	} {
		running := podhealth.Container{Restarts: restarts, State: podhealth.State{Phase: podhealth.Running}, Last: last}
		if got, _ := crashed(running); got != want {
			t.Errorf("%d restarts: %q", restarts, got)
		}
	}
}
