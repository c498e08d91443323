package cluster

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"

	"github.com/akstools/akstools/test/lab/internal/arm"
	"github.com/akstools/akstools/test/lab/internal/cgroup"
	"github.com/akstools/akstools/test/lab/internal/layout"
)

// Exec replaces the calling process with argv on a machine of the lab other than a node, with the lab's programs on
// PATH and, unless the caller has another, the administrator's kubeconfig. It returns only on error.
func Exec(machine string, argv []string) error {
	s, err := readState()
	if err != nil {
		return fmt.Errorf("the lab is not running: start it with: make lab-up")
	}
	machines := layout.Machines(s.Apps)
	ns, ok := machines[machine]
	if !ok {
		return fmt.Errorf(
			"unknown machine %q; the machines are the nodes and %s", machine,
			strings.Join(slices.Sorted(maps.Keys(machines)), ", "),
		)
	}
	if err := cgroup.Join(machine); err != nil {
		return err
	}
	ip, err := exec.LookPath("ip")
	if err != nil {
		return err
	}
	path := s.Bin
	if s.Azure {
		path = arm.BinDir() + ":" + path
	}
	// set, not appended: of two values of a variable, most programs take the first
	if err := os.Setenv("PATH", path+":"+os.Getenv("PATH")); err != nil {
		return err
	}
	if os.Getenv("KUBECONFIG") == "" {
		if err := os.Setenv("KUBECONFIG", layout.PKI("admin.kubeconfig")); err != nil {
			return err
		}
	}
	return syscall.Exec(ip, append([]string{"ip", "netns", "exec", ns}, argv...), os.Environ())
}
