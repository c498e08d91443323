// Package network creates and removes the lab's network: a bridge in a network namespace of its own, and a veth pair to
// each machine. There is nothing of it in the host's namespace, and no namespace has a default route, so no packet can
// leave the lab.
package network

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/vishvananda/netns"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

func namespaces(apps bool) []string {
	ns := slices.Collect(maps.Values(layout.Machines(apps)))
	for _, n := range layout.Nodes() {
		ns = append(ns, n.NetNS)
	}
	return ns
}

// Up creates the network; apps adds the load balancer and the routes to its addresses, which azure makes public ones.
func Up(ctx context.Context, apps, azure bool) error {
	var add strings.Builder
	for _, ns := range namespaces(apps) {
		fmt.Fprintf(&add, "netns add %s\n", ns)
	}
	if err := batch(ctx, "", add.String()); err != nil {
		return err
	}
	if err := batch(ctx, layout.SwitchNS, "link set lo up\nlink add br0 type bridge\nlink set br0 up\n"); err != nil {
		return err
	}
	nodes := layout.Nodes()
	pods := "" // routes to pods through the nodes
	for _, n := range nodes {
		pods += fmt.Sprintf("route add %s via %s\n", n.PodCIDR, n.IP)
	}
	hops := pods + fmt.Sprintf("route add %s via %s\n", layout.ServiceCIDR, nodes[0].IP)
	services, metadata := fmt.Sprintf("route add %s dev eth0\n", layout.AzureIP), ""
	if azure {
		services += fmt.Sprintf("route add %s dev eth0\n", layout.MetadataIP)
		metadata = fmt.Sprintf("addr add %s/32 dev eth0\n", layout.MetadataIP)
	}
	type machine struct{ ns, addr, routes string }
	var more []machine
	to := edge(apps, azure)
	if apps {
		more = append(more, machine{layout.LoadBalancerNS, layout.LoadBalancerIP + "/24", pods})
	}
	for _, m := range append([]machine{
		{layout.ControlPlaneNS, layout.ControlPlaneIP + "/24", hops + services + to.controlPlane},
		{layout.ClientNS, layout.ClientIP + "/24", hops + services + to.client},
		{layout.ApplianceNS, layout.ApplianceIP + "/24", hops + to.back},
		{layout.AzureNS, layout.AzureIP + "/32", "route add 10.220.0.0/24 dev eth0\n" + hops + metadata},
	}, more...) {
		if err := plug(ctx, m.ns, m.addr, m.routes); err != nil {
			return err
		}
	}
	for i, n := range nodes {
		routes := services + to.nodes + to.back
		for j, other := range nodes {
			if i != j {
				routes += fmt.Sprintf("route add %s via %s\n", other.PodCIDR, other.IP)
			}
		}
		// connect() from the node itself to a ClusterIP needs a route before kube-proxy's DNAT applies
		routes += fmt.Sprintf("route add %s dev eth0\n", layout.ServiceCIDR)
		if err := plug(ctx, n.NetNS, n.IP+"/24", routes); err != nil {
			return err
		}
	}
	return nil
}

// Port returns the name of the switch's port for the machine of the namespace.
func Port(ns string) string { return "p-" + strings.TrimPrefix(ns, layout.Name+"-") }

// plug gives the namespace an eth0 on the bridge.
func plug(ctx context.Context, ns, addr, routes string) error {
	port := Port(ns)
	if err := batch(ctx, layout.SwitchNS, fmt.Sprintf(
		"link add %[1]s type veth peer name eth0 netns %[2]s\nlink set %[1]s master br0 up\n", port, ns)); err != nil {
		return err
	}
	return batch(ctx, ns, fmt.Sprintf("link set lo up\naddr add %s dev eth0\nlink set eth0 up\n%s", addr, routes))
}

// Add connects another machine to the switch, with an address of the form IP/bits. It does nothing if it is connected
// already.
func Add(ctx context.Context, ns, addr string) error {
	if _, err := os.Stat("/run/netns/" + ns); err == nil {
		return nil
	}
	if err := batch(ctx, "", fmt.Sprintf("netns add %s\n", ns)); err != nil {
		return err
	}
	return plug(ctx, ns, addr, "")
}

// Remove disconnects a machine that Add connected, and kills its processes. It does nothing if there is none.
func Remove(ctx context.Context, ns string) error {
	if _, err := os.Stat("/run/netns/" + ns); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	pids, err := exec.CommandContext(ctx, "ip", "netns", "pids", ns).Output()
	if err != nil {
		return fmt.Errorf("ip netns pids %s: %w", ns, err)
	}
	for _, word := range strings.Fields(string(pids)) { // such as sessions of its sshd
		if pid, err := strconv.Atoi(word); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	// the namespace is removed with its last process; do not wait for that to remove the port
	return errors.Join(batch(ctx, layout.SwitchNS, fmt.Sprintf("link del %s\n", Port(ns))), batch(ctx, "", fmt.Sprintf("netns del %s\n", ns)))
}

// Down removes the namespaces, and with them every link, and the files that ip-netns(8) mounts over /etc in them. It
// finds them by the names' prefix, so it also removes those of other versions of the lab.
func Down(ctx context.Context) error {
	found, err := filepath.Glob("/run/netns/" + layout.Name + "-*")
	errs := []error{err}
	for _, path := range found {
		errs = append(errs, batch(ctx, "", "netns del "+filepath.Base(path)+"\n"))
	}
	found, err = filepath.Glob("/etc/netns/" + layout.Name + "-*")
	errs = append(errs, err)
	for _, path := range found {
		errs = append(errs, os.RemoveAll(path))
	}
	_ = os.Remove("/etc/netns") // fails, as it should, if there are others'
	return errors.Join(errs...)
}

// WriteEtc writes a file that processes started by `ip netns exec` in the namespace see under /etc.
func WriteEtc(ns, name, text string) error {
	dir := filepath.Join("/etc/netns", ns)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)
}

// Listen opens a TCP listener inside the namespace. The listener works from any process that inherits it.
func Listen(ns, addr string) (*net.TCPListener, error) {
	var l net.Listener
	err := within(ns, func() (err error) {
		l, err = net.Listen("tcp", addr)
		return err
	})
	if err != nil {
		return nil, err
	}
	return l.(*net.TCPListener), nil
}

// DialTimeout connects from inside the namespace to a numeric address.
func DialTimeout(ns, network, addr string, timeout time.Duration) (c net.Conn, err error) {
	err = within(ns, func() (err error) {
		c, err = net.DialTimeout(network, addr, timeout)
		return err
	})
	return c, err
}

// within runs f on a thread in the namespace; the thread is not reused.
func within(ns string, f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the runtime terminates the thread with the goroutine
		h, err := netns.GetFromName(ns)
		if err == nil {
			defer h.Close()
			err = netns.Set(h)
		}
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return <-done
}

// batch runs lines of ip(8), in the namespace if one is named.
func batch(ctx context.Context, ns, lines string) error {
	args := []string{"-batch", "-"}
	if ns != "" {
		args = append([]string{"-n", ns}, args...)
	}
	cmd := exec.CommandContext(ctx, "ip", args...)
	cmd.Stdin = strings.NewReader(lines)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
