package aksnode

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
	"github.com/akstools/akstools/internal/openssh"
)

// readHostKeys prints a node's public SSH host keys.
const readHostKeys = `cat /etc/ssh/ssh_host_*_key.pub 2>/dev/null`

// hostKeysTimeout is how long reading them may take.
const hostKeysTimeout = 20 * time.Second

// pin makes the node's SSH host keys the only ones that ssh accepts for it, and reports whether they are pinned. Unless they are known, it
// reads them on the node itself. If the route has a hop, it does not read keys, and ssh asks the user about unknown ones.
func (l *link) pin(ctx context.Context) (pinned bool, err error) {
	path, err := l.manager.KnownHosts()
	if err != nil {
		return false, fmt.Errorf("creating a directory for the nodes' SSH host keys: %w", err)
	}
	known := openssh.KnownHosts{Path: path}
	name, uid := l.route.node.Name, string(l.route.node.UID)
	if l.route.hops() {
		return !nodepod.IsWindows(l.route.node) && known.Has(name, uid), nil
	}
	if known.Has(name, uid) {
		return true, nil
	}
	exec := &noderun.Exec{Clients: l.manager.Clients, Pods: func(ctx context.Context, _ string) (nodepod.Pod, error) {
		lease, err := l.acquire(ctx, nil)
		if err != nil {
			return nodepod.Pod{}, err
		}
		return lease.Pod, nil
	}}
	command := noderun.Command{Argv: []string{"/bin/sh", "-c", readHostKeys}, Timeout: hostKeysTimeout}
	out, err := exec.Run(ctx, name, command)
	if err != nil {
		return false, fmt.Errorf("reading the SSH host keys of node %s: %w", name, err)
	}
	err = known.Pin(ctx, name, uid, string(out.Stdout))
	var changed *openssh.ChangedKeyError
	if errors.As(err, &changed) {
		return false, cli.WithHint(err, "if you know why they changed, remove the old ones: "+changed.Forget())
	}
	return err == nil, err
}
