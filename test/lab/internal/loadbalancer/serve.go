package loadbalancer

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/akstools/akstools/test/lab/internal/arm"
	"github.com/akstools/akstools/test/lab/internal/layout"
)

// Command is the hidden subcommand that serves the load balancer in a process of its own on its machine.
const Command = "loadbalancer-serve"

// ProcessName is the load balancer's name among the lab's processes.
const ProcessName = "loadbalancer"

// StateFile returns the path of the file with the frontends and the nodes that pass each probe.
func StateFile() string { return layout.In("run", "loadbalancer.txt") }

// Serve runs the load balancer in the current network namespace until ctx is done. With Azure, Resource Manager has its frontends.
func Serve(ctx context.Context) error {
	if arm.Runs() {
		return serveAzure(ctx)
	}
	return serveCluster(ctx)
}

// source is where the frontends come from.
type source interface {
	all() []Frontend
	// within returns what nft matches the addresses of frontends with; of these, packets that no frontend takes are dropped.
	within() string
}

// forward keeps rules and probes in sync with the frontends until ctx is done.
func forward(ctx context.Context, from source, p *prober, wake <-chan struct{}) {
	var applied string
	for {
		frontends := from.all()
		targets := map[target]bool{}
		for _, f := range frontends {
			for _, r := range f.Rules {
				for _, n := range f.Nodes {
					if r.Probe != nil {
						targets[target{n.IP, *r.Probe}] = true
					}
				}
			}
		}
		p.setTargets(ctx, targets)
		rules := ruleset(from.within(), frontends, p.marks)
		if rules != applied {
			if err := nft(ctx, rules); err != nil {
				log.Print(err)
				applied = ""
			} else {
				applied = rules
			}
		}
		if err := writeState(frontends, p); err != nil {
			log.Print(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-time.After(10 * time.Second): // retry what failed
		}
	}
}

// marks returns the marks of the nodes that get new flows of the rule.
func (p *prober) marks(f Frontend, r Rule) []int {
	var marks []int
	for i, n := range layout.Nodes() {
		if slices.Contains(f.Nodes, n) && (r.Probe == nil || p.up(target{n.IP, *r.Probe})) {
			marks = append(marks, i+1)
		}
	}
	return marks
}

// waker returns a channel and what sends to it, unless something was sent that nobody has received yet.
func waker() (wake chan struct{}, changed func()) {
	wake = make(chan struct{}, 1)
	return wake, func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// route makes the machine a router that sends packets to frontends, which are in the range, with a node's mark to that node.
func route(ctx context.Context, frontends string) error {
	for name, value := range map[string]string{
		"ip_forward": "1", "conf/all/send_redirects": "0", "conf/eth0/send_redirects": "0", "conf/all/rp_filter": "0", "conf/eth0/rp_filter": "0",
	} {
		if err := os.WriteFile("/proc/sys/net/ipv4/"+name, []byte(value), 0o644); err != nil {
			return err
		}
	}
	var lines strings.Builder
	for i, n := range layout.Nodes() {
		fmt.Fprintf(&lines, "route replace %s via %s table %d\n", frontends, n.IP, 100+i)
		// left by an earlier process on this machine; otherwise there is none
		_ = run(ctx, "", "ip", "rule", "del", "fwmark", fmt.Sprint(i+1))
		fmt.Fprintf(&lines, "rule add fwmark %d lookup %d\n", i+1, 100+i)
	}
	return run(ctx, lines.String(), "ip", "-batch", "-")
}

func nft(ctx context.Context, rules string) error { return run(ctx, rules, "nft", "-f", "-") }

func run(ctx context.Context, stdin, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(out)))
	}
	return nil
}
