// Package debian installs Debian packages on the host.
package debian

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// Install installs the packages whose programs the host lacks. packages has their names by programs, which are paths or in PATH. It needs
// root.
func Install(ctx context.Context, progress io.Writer, packages map[string]string) error {
	args := []string{"install", "-y", "--no-install-recommends"}
	for program, name := range packages {
		if _, err := exec.LookPath(program); err != nil && !slices.Contains(args, name) {
			args = append(args, name)
		}
	}
	if len(args) == 3 {
		return nil
	}
	fmt.Fprintln(progress, "installing Debian packages:", strings.Join(args[3:], " "))
	for _, a := range [][]string{{"update"}, args} {
		cmd := exec.CommandContext(ctx, "apt-get", a...)
		// packages must not start services on the host
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %s: %w\n%s", a[0], err, out)
		}
	}
	return nil
}
