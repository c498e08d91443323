package target

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// Command is the hidden subcommand that runs the servers in a process of its own on the machine azure.
const Command = "target-serve"

// HostsFile returns the path of the file with the servers' names, for CoreDNS's plugin hosts. A name is in it while its server runs.
func HostsFile() string { return layout.In("run", "targets.hosts") }

// Serve follows Resource Manager until ctx is done.
func Serve(ctx context.Context) error {
	s := servers{running: map[string]*running{}}
	defer s.close()
	// answers to the outbound address are routed twice: before it is translated back to that of a pod or node, and then
	if out, err := exec.CommandContext(ctx, "ip", "route", "replace", layout.OutboundIP, "dev", "eth0").CombinedOutput(); err != nil {
		return fmt.Errorf("ip route: %w: %s", err, out)
	}
	if err := s.filter(ctx); err != nil {
		return err
	}
	for {
		if err := s.follow(ctx); err != nil && ctx.Err() == nil {
			log.Print(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// servers are those that run, by the IDs of their resources.
type servers struct{ running map[string]*running }

type running struct {
	Target
	server
}

// follow makes the servers those of Resource Manager.
func (s *servers) follow(ctx context.Context) error {
	targets, err := all(ctx)
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	var errs []error
	for _, t := range targets {
		kept[t.ID] = true
		if r := s.running[t.ID]; r == nil {
			err = s.start(ctx, t)
		} else {
			err = s.update(ctx, r, t.Firewall)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", t.Name, err))
		}
	}
	for id, r := range s.running {
		if !kept[id] {
			delete(s.running, id)
			errs = append(errs, s.published(ctx))
			r.close()
			errs = append(errs, address(ctx, "del", r.Address))
			log.Print(r.Name, " has ended")
		}
	}
	return errors.Join(errs...)
}

// update makes the firewall that of Resource Manager.
func (s *servers) update(ctx context.Context, r *running, f Firewall) error {
	if r.Firewall.equal(f) {
		return nil
	}
	if err := r.allow(ctx, f); err != nil {
		return err
	}
	r.Firewall = f
	log.Printf("%s allows %v", r.Name, f.ranges())
	return s.filter(ctx)
}

// start starts the server of a data service, which is reachable when it returns.
func (s *servers) start(ctx context.Context, t Target) error {
	t.Address = s.unused()
	if err := address(ctx, "add", t.Address); err != nil {
		return err
	}
	server, err := t.kind.start(ctx, t)
	if err != nil {
		return errors.Join(err, address(ctx, "del", t.Address))
	}
	s.running[t.ID] = &running{t, server}
	log.Printf("%s serves %s at %s and allows %v", t.Name, strings.Join(t.Hosts, ", "), t.Address, t.Firewall.ranges())
	return s.published(ctx)
}

// unused returns an address that no server has.
func (s *servers) unused() netip.Addr {
	at := netip.MustParsePrefix(layout.TargetCIDR).Addr().Next()
	for used := true; used; {
		used = false
		for _, r := range s.running {
			if r.Address == at {
				at, used = at.Next(), true
			}
		}
	}
	return at
}

// address adds an address to the machine, or deletes it.
func address(ctx context.Context, do string, at netip.Addr) error {
	out, err := exec.CommandContext(ctx, "ip", "addr", do, at.String()+"/32", "dev", "eth0").CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip addr %s %s: %w: %s", do, at, err, out)
	}
	return nil
}

// published publishes the names of the servers that run.
func (s *servers) published(ctx context.Context) error {
	if err := s.filter(ctx); err != nil {
		return err
	}
	var b strings.Builder
	for _, r := range s.running {
		fmt.Fprintf(&b, "%s %s\n", r.Address, strings.Join(r.Hosts, " "))
	}
	if err := os.WriteFile(HostsFile()+".new", []byte(b.String()), 0o644); err != nil {
		return err
	}
	return os.Rename(HostsFile()+".new", HostsFile())
}

// filter makes the cluster's connections come from its outbound address, as Azure's network does, and drops what the firewalls of caches
// do not allow.
func (s *servers) filter(ctx context.Context) error {
	var drops strings.Builder
	for _, r := range s.running {
		if _, ok := r.server.(*redis); ok {
			allowed := cmp.Or(joined(r.Firewall.ranges()), "0.0.0.0")
			fmt.Fprintf(&drops, "\t\tip daddr %s ip saddr != { %s } drop\n", r.Address, allowed)
		}
	}
	cmd := exec.CommandContext(ctx, "nft", "-f", "-")
	cmd.Stdin = strings.NewReader(fmt.Sprintf(`table ip targets
delete table ip targets
table ip targets {
	chain translate {
		type nat hook input priority 100
		ip daddr %s ip saddr { %s, %s } snat to %s
	}
	chain firewalls {
		type filter hook input priority 101
%s	}
}
`, layout.TargetCIDR, layout.ClusterCIDR, layout.NodeSubnet, layout.OutboundIP, drops.String()))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w: %s", err, out)
	}
	return nil
}

// close ends all servers.
func (s *servers) close() {
	for _, r := range s.running {
		r.close()
	}
}

// joined returns the ranges with commas between them.
func joined(ranges []netip.Prefix) string {
	var all []string
	for _, r := range ranges {
		all = append(all, r.String())
	}
	return strings.Join(all, ", ")
}
