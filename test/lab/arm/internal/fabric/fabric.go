// Package fabric makes the lab's switch enforce the network security groups that Resource Manager keeps, as Azure's hosts
// do: statefully, for each NIC, in both directions, before the packet reaches the machine
// (https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works). Machines see nothing of it.
package fabric

import (
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"sync"

	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// Port is the switch's port of a machine.
type Port struct {
	Name    string `json:"name"`    // of the switch's network device
	Address string `json:"address"` // the machine's
	Pods    string `json:"pods"`    // the prefix of its pods
}

// Fabric is the switch.
type Fabric struct {
	Store *store.Store
	// Switch is the command that runs a program in the switch's network namespace, without the program.
	Switch []string
	Ports  []Port
	// PodCIDR is part of the tag VirtualNetwork: with the default rules alone, the pods of an overlay network reach each other.
	PodCIDR netip.Prefix
	// MACs are those of the machines that a route can lead to, by their addresses.
	MACs map[string]string
	// API is where authorized IP ranges are enforced; without a port, they are not.
	API API
	// Translator is the machine that translates connections to the API server; without an address, they are not.
	Translator Translator

	mu      sync.Mutex
	applied string
}

// Sync makes the switch enforce the groups as they are now. Connections that are established stay.
func (f *Fabric) Sync(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	script, err := f.script()
	if err != nil || script == f.applied {
		return err
	}
	if _, err := f.run(ctx, script, "nft", "-f", "-"); err != nil {
		return err
	}
	if err := f.translate(ctx); err != nil {
		return err
	}
	f.applied = script
	return nil
}

func (f *Fabric) run(ctx context.Context, stdin string, argv ...string) ([]byte, error) {
	return run(ctx, f.Switch, stdin, argv...)
}

// run runs a program on a machine.
func run(ctx context.Context, machine []string, stdin string, argv ...string) ([]byte, error) {
	argv = append(append([]string{}, machine...), argv...)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader(stdin)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s\n%s", strings.Join(argv, " "), err, strings.TrimSpace(stderr.String()), stdin)
	}
	return out, nil
}

// Counters returns the number of packets that each rule and each route has decided, by group/rule and table/route, and that the
// authorized IP ranges have dropped, since Azure changed last.
func (f *Fabric) Counters(ctx context.Context) (map[string]int, error) {
	out, err := f.run(ctx, "", "nft", "-j", "list", "ruleset")
	if err != nil {
		return nil, err
	}
	return comments(out, func(name string) bool { return slices.Contains([]string{table, "routes", "access"}, name) })
}
