package aksnode

import (
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/akstools/akstools/internal/cli"
)

// proxyArgv returns the ProxyCommand for the route: this program, with those flags of c that select the cluster and configure the pod,
// except those that contain secrets (see secretFlagsVariable).
func proxyArgv(c *cobra.Command, r route) ([]string, error) {
	self, err := cli.SelfPath()
	if err != nil {
		return nil, err
	}
	argv := []string{self, "proxy", r.node.Name, sshPort, "--quiet", "--uid=" + string(r.node.UID)}
	if r.hops() {
		argv = append(argv, "--hop="+r.via)
	}
	return append(argv, proxyFlags(c)...), nil
}

// proxyFlags returns the flags given to c that the proxy needs too: kubectl's without secrets, and those of the node pod.
func proxyFlags(c *cobra.Command) []string {
	var args []string
	add := func(f *pflag.Flag) {
		if f.Changed && !isSecret(f) {
			args = append(args, cli.Given(f)...)
		}
	}
	c.InheritedFlags().VisitAll(add)
	for _, name := range []string{"image", "reason", "idle-timeout", "max-duration", "pod-running-timeout"} {
		if f := c.Flags().Lookup(name); f != nil {
			add(f)
		}
	}
	return args
}

// environment returns the beginning of a command that sets KUBECONFIG to its current value, with absolute paths; nil if it is not set.
func environment() []string {
	files := os.Getenv("KUBECONFIG")
	if files == "" || runtime.GOOS == "windows" {
		return nil
	}
	paths := filepath.SplitList(files)
	for i, p := range paths {
		if abs, err := filepath.Abs(p); err == nil {
			paths[i] = abs
		}
	}
	joined := paths[0]
	for _, p := range paths[1:] {
		joined += string(filepath.ListSeparator) + p
	}
	return []string{"env", "KUBECONFIG=" + joined}
}
