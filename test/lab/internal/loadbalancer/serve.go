package loadbalancer

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/cloud-provider/controllers/service"
	controllersmetrics "k8s.io/component-base/metrics/prometheus/controllers"

	"github.com/akstools/akstools/test/lab/internal/apiclient"
	"github.com/akstools/akstools/test/lab/internal/layout"
)

// Command is the hidden subcommand that serves the load balancer in a process of its own on its machine.
const Command = "loadbalancer-serve"

// ProcessName is the load balancer's name among the lab's processes.
const ProcessName = "loadbalancer"

// StateFile returns the path of the file with the frontends and the nodes that pass each probe.
func StateFile() string { return layout.In("run", "loadbalancer.txt") }

// Serve runs the load balancer in the current network namespace until ctx is done.
func Serve(ctx context.Context) error {
	if err := route(ctx); err != nil {
		return err
	}
	client, err := apiclient.New("cloud-controller-manager")
	if err != nil {
		return err
	}
	wake := make(chan struct{}, 1)
	changed := func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	b := newBalancer(changed)
	services, err := client.CoreV1().Services("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, s := range services.Items {
		if addr := given(&s); addr.IsValid() {
			b.reserve(addr, s.UID)
		}
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	c, err := service.New(cloud{balancer: b}, client, factory.Core().V1().Services(), factory.Core().V1().Nodes(), "kubernetes", nil)
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	go c.Run(ctx, 2, controllersmetrics.NewControllerManagerMetrics("loadbalancer"))
	forward(ctx, b, newProber(changed), wake)
	return nil
}

// forward keeps rules and probes in sync with the frontends until ctx is done.
func forward(ctx context.Context, b *Balancer, p *prober, wake <-chan struct{}) {
	var applied string
	for {
		frontends := b.all()
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
		rules := ruleset(frontends, p.marks)
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

// route makes the machine a router that sends packets with a node's mark to that node, and no other packets.
func route(ctx context.Context) error {
	for name, value := range map[string]string{
		"ip_forward": "1", "conf/all/send_redirects": "0", "conf/eth0/send_redirects": "0", "conf/all/rp_filter": "0", "conf/eth0/rp_filter": "0",
	} {
		if err := os.WriteFile("/proc/sys/net/ipv4/"+name, []byte(value), 0o644); err != nil {
			return err
		}
	}
	var lines strings.Builder
	for i, n := range layout.Nodes() {
		fmt.Fprintf(&lines, "route replace %s via %s table %d\n", layout.FrontendCIDR, n.IP, 100+i)
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

func writeState(frontends []Frontend, p *prober) error {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "LOAD BALANCER\tADDRESS\tPORT\tPROBE\tHEALTHY NODES")
	for _, f := range frontends {
		for _, r := range f.Rules {
			probe, up := "none", ""
			if r.Probe != nil {
				probe = fmt.Sprintf("%s:%d%s", r.Probe.Scheme, r.Probe.Port, r.Probe.Path)
			}
			for _, m := range p.marks(f, r) {
				up += " " + layout.Nodes()[m-1].IP
			}
			fmt.Fprintf(w, "%s\t%s\t%s/%d\t%s\t%s\n", f.Service, f.Addr, r.Protocol, r.Port, probe, strings.TrimSpace(up))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	// rename atomically, so that readers never see an incomplete file
	if err := os.WriteFile(StateFile()+".new", []byte(b.String()), 0o644); err != nil {
		return err
	}
	return os.Rename(StateFile()+".new", StateFile())
}
