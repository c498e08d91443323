package facts

import (
	"errors"
	"testing"

	utilexec "k8s.io/client-go/util/exec"
)

// The runtime is reached if it says that it does not know the program, or that it has ended.
func TestReachedRuntime(t *testing.T) {
	const failed = "error executing command in container: failed to exec in container: OCI runtime exec failed: exec failed: "
	for text, reached := range map[string]bool{
		failed + `unable to start container process: exec: "` + NoSuchProgram + `": executable file not found in $PATH: unknown`: true,
		failed + "unable to start container process: open /dev/pts/0: operation not permitted: unknown":                          false,
		failed + "write /tmp/runc-process3947626735: no space left on device: unknown":                                           false,
		NoAnswer: false,
		`Post "https://api/api/v1/namespaces/kube-system/pods/p/exec?command=` + NoSuchProgram + `&tty=true": EOF`: false,
	} {
		if err := reachedRuntime(errors.New(text)); (err == nil) != reached {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, err := range []error{nil, utilexec.CodeExitError{Err: errors.New("exit code 127"), Code: 127}} {
		if reachedRuntime(err) != nil {
			t.Errorf("%v is an error", err)
		}
	}
}
