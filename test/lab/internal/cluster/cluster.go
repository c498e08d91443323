// Package cluster starts and stops the whole lab: network, certificates, control plane, nodes, and the pods that AKS
// runs in kube-system.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/akstools/akstools/test/lab/internal/arm"
	"github.com/akstools/akstools/test/lab/internal/build"
	"github.com/akstools/akstools/test/lab/internal/cgroup"
	"github.com/akstools/akstools/test/lab/internal/cloudprovider"
	"github.com/akstools/akstools/test/lab/internal/controlplane"
	"github.com/akstools/akstools/test/lab/internal/debian"
	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/network"
	"github.com/akstools/akstools/test/lab/internal/node"
	"github.com/akstools/akstools/test/lab/internal/target"
)

// Port is the port of the published API server on the host's loopback and in the client's namespace, so that one
// kubeconfig works in both.
const Port = "16443"

// Lab is the machine's lab as one checkout sees it.
type Lab struct {
	Checkout string // root of the checkout, which gets .lab/
	Tunnel   controlplane.Tunnel
	Apps     bool   // with a load balancer, enforced NetworkPolicies and a DNS zone: see apps.go
	Azure    bool   // with Azure Resource Manager: see azure.go. It includes Apps.
	Targets  bool   // with servers of data services: see the package target. It needs Azure.
	Pools    string // what backend pools consist of with Azure: see cloudprovider.Pools
	Profile  node.Profile
	Progress io.Writer

	arm, provider string // the programs that serve Azure and that use it, once they are built
}

func (l Lab) dot(name string) string { return filepath.Join(l.Checkout, ".lab", name) }

// Kubeconfig returns the path of the administrator's kubeconfig.
func (l Lab) Kubeconfig() string { return l.dot("kubeconfig") }

// Kubectl returns the path of the lab's own kubectl.
func (l Lab) Kubectl() string { return l.dot("bin/kubectl") }

// Up starts the lab and returns when all its nodes and pods are Ready. A lab that is already running, from this
// checkout or another, is used as it is; the remains of a broken one are removed first.
func (l Lab) Up(ctx context.Context) error {
	if err := errors.Join(l.Tunnel.Validate(), l.Profile.Validate()); err != nil {
		return err
	}
	if l.Azure && !slices.Contains(cloudprovider.Pools(), l.Pools) {
		return fmt.Errorf("pools of %q: they are of one of %v", l.Pools, cloudprovider.Pools())
	}
	unlock, err := lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := build.Packages(ctx, l.Progress); err != nil {
		return err
	}
	if l.Targets {
		if err := debian.Install(ctx, l.Progress, target.Packages()); err != nil {
			return err
		}
	}
	module := l.module()
	bin, err := build.Binaries(ctx, module, l.Progress)
	if err != nil {
		return err
	}
	if l.Azure {
		if l.arm, err = arm.Build(ctx, module, l.Progress); err != nil {
			return err
		}
		if l.provider, err = cloudprovider.Build(ctx, module, l.Progress); err != nil {
			return err
		}
	}
	start := time.Now()
	if running, err := l.adopt(ctx, bin); running || err != nil {
		return err
	}
	if err := clear(ctx); err != nil {
		return fmt.Errorf("removing an earlier lab: %w", err)
	}
	if err := l.start(ctx, bin); err != nil {
		return err
	}
	fmt.Fprintf(l.Progress, "lab up in %.1f s; KUBECONFIG=%s\n", time.Since(start).Seconds(), l.Kubeconfig())
	return nil
}

// adopt links a running lab into this checkout. It reports false if there is none that works.
func (l Lab) adopt(ctx context.Context, bin string) (bool, error) {
	was, err := readState()
	if err != nil || was != l.state(bin) {
		return false, nil //nolint:nilerr // without readable state, no lab is running
	}
	if err := l.link(bin); err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if l.ready(ctx) != nil {
		return false, nil
	}
	fmt.Fprintf(l.Progress, "lab is up; KUBECONFIG=%s\n", l.Kubeconfig())
	return true, nil
}

// link creates kubeconfig, bin and logs in the checkout's .lab.
func (l Lab) link(bin string) error {
	if err := os.MkdirAll(l.dot(""), 0o755); err != nil {
		return err
	}
	for name, to := range map[string]string{"kubeconfig": layout.PKI("admin.kubeconfig"), "bin": bin, "logs": layout.In("logs")} {
		if err := os.RemoveAll(l.dot(name)); err != nil {
			return err
		}
		if err := os.Symlink(to, l.dot(name)); err != nil {
			return err
		}
	}
	return nil
}

func (l Lab) start(ctx context.Context, bin string) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	if err := l.prepare(bin); err != nil {
		return err
	}
	if err := l.link(bin); err != nil {
		return err
	}
	if err := network.Up(ctx, l.Apps, l.Azure); err != nil {
		return err
	}
	for machine := range layout.Machines(l.Apps) {
		if err := cgroup.Create(machine); err != nil {
			return err
		}
	}
	if err := l.startAzure(ctx, bin); err != nil {
		return err
	}
	cp := controlplane.ControlPlane{Bin: bin, Tunnel: l.Tunnel}
	if err := startControlPlane(cp); err != nil {
		return err
	}
	fmt.Fprintln(l.Progress, "waiting for the API server")
	var g errgroup.Group
	for _, n := range layout.Nodes() {
		g.Go(func() error {
			if err := node.Start(n, bin); err != nil {
				return err
			}
			return node.WaitBooted(ctx, n)
		})
	}
	g.Go(func() error {
		if err := l.waitAPI(ctx); err != nil {
			return err
		}
		if err := cp.StartControllers(); err != nil {
			return err
		}
		if err := l.startApps(ctx); err != nil {
			return err
		}
		return l.apply(ctx)
	})
	if err := g.Wait(); err != nil {
		return err
	}
	fmt.Fprintln(l.Progress, "waiting for nodes and pods")
	return l.waitReady(ctx)
}

// startControlPlane opens the front's listeners on the host's loopback and on the client's.
func startControlPlane(cp controlplane.ControlPlane) error {
	published := net.JoinHostPort("127.0.0.1", Port)
	host, err := net.Listen("tcp", published)
	if err != nil {
		return fmt.Errorf("publishing the API server: %w", err)
	}
	defer host.Close()
	client, err := network.Listen(layout.ClientNS, published)
	if err != nil {
		return err
	}
	defer client.Close()
	var files []*os.File
	for _, l := range []net.Listener{host, client} {
		f, err := l.(*net.TCPListener).File()
		if err != nil {
			return err
		}
		defer f.Close()
		files = append(files, f)
	}
	return cp.Start(files)
}

// Down stops the lab and removes everything that it created, whichever checkout started it.
func (l Lab) Down(ctx context.Context) error {
	unlock, err := lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := clear(ctx); err != nil {
		return err
	}
	return os.RemoveAll(l.dot(""))
}

// clear removes whatever it finds, so it also stops a lab that was killed while starting.
func clear(ctx context.Context) error {
	return errors.Join(
		cgroup.KillAll(),
		network.Down(ctx),
		cgroup.RemoveAll(),
		restoreSysctls(),
		removeState(),
	)
}
