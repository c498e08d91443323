// Command arm is the lab's Azure: Resource Manager and its token endpoint. See internal/server.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/akstools/akstools/test/lab/arm/internal/balancing"
	"github.com/akstools/akstools/test/lab/arm/internal/entra"
	"github.com/akstools/akstools/test/lab/arm/internal/fabric"
	"github.com/akstools/akstools/test/lab/arm/internal/machine"
	"github.com/akstools/akstools/test/lab/arm/internal/rbac"
	"github.com/akstools/akstools/test/lab/arm/internal/seed"
	"github.com/akstools/akstools/test/lab/arm/internal/server"
	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// config is the file that the lab writes for it.
type config struct {
	Tenant string `json:"tenant"`
	// Cert and Key are files with the certificate of the TLS listener, which the lab passes as descriptor 3.
	Cert string `json:"cert"`
	Key  string `json:"key"`
	// Forwarded is the socket on which the machine azure forwards requests for the public names, and Control that of the
	// lab's own commands.
	Forwarded string       `json:"forwarded"`
	Control   string       `json:"control"`
	Seed      seed.Cluster `json:"seed"`
	// Metadata is the address of the machines' metadata service; empty: there is none.
	Metadata string `json:"metadata"`
	// Switch runs a program in the switch's network namespace; empty: nothing is enforced.
	Switch []string      `json:"switch"`
	Ports  []fabric.Port `json:"ports"`
	// MACs are those of the machines that a route can lead to, by their addresses.
	MACs map[string]string `json:"macs"`
	API  fabric.API        `json:"api"`
	// Translator stands for the public side of the load balancer.
	Translator fabric.Translator `json:"translator"`
	// Enter is the command that runs another one on the machine of an instance of the scale set, by the instance's ID.
	Enter map[string][]string `json:"enter"`
	// Issuer is the URL of the cluster's issuer, whose tokens federated identities may exchange, and IssuerKeys the file with its public keys.
	Issuer     string `json:"issuer"`
	IssuerKeys string `json:"issuerKeys"`
	// Public is the range of public addresses. Private ones that are Reserved are those of machines without a NIC in Azure.
	Public   netip.Prefix `json:"public"`
	Reserved []netip.Addr `json:"reserved"`
}

func main() {
	path := flag.String("config", "", "the configuration, a JSON file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *path); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var c config
	if err := json.Unmarshal(b, &c); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	directory, err := entra.New(c.Tenant)
	if err != nil {
		return err
	}
	kept := &store.Store{}
	run, power := &machine.RunCommands{Enter: c.Enter}, &machine.Power{Store: kept, Switch: c.Switch, Ports: c.portsByInstance()}
	health := &balancing.Health{Store: kept}
	s := &server.Server{Store: kept, Directory: directory, Public: c.Public, Reserved: c.Reserved, Actions: map[string]server.Action{
		"microsoft.network/loadbalancers/loadbalancingrules/health":            health.Action,
		"microsoft.compute/virtualmachinescalesets/virtualmachines/runcommand": run.Action,
		"microsoft.compute/virtualmachinescalesets/start":                      power.Start,
		"microsoft.compute/virtualmachinescalesets/deallocate":                 power.Deallocate,
	}}
	s.SetRules(rbac.Rules{Roles: rbac.BuiltIn()})
	s.Federate(c.Issuer, c.IssuerKeys)
	for _, r := range c.Seed.Resources() {
		o, err := r.Object()
		if err != nil {
			return err
		}
		if err := s.Seed(r.ID, o); err != nil {
			return err
		}
	}
	if err := enforce(ctx, c, s); err != nil {
		return err
	}
	return listen(ctx, c, s, health)
}

// portsByInstance returns the switch's ports of the machines by their IDs in the scale set.
func (c config) portsByInstance() map[string]string {
	all := map[string]string{}
	for _, n := range c.Seed.Nodes {
		for _, p := range c.Ports {
			if p.Address == n.IP {
				all[n.Instance] = p.Name
			}
		}
	}
	return all
}

// enforce makes the switch follow the server's resources from now on.
func enforce(ctx context.Context, c config, s *server.Server) error {
	if len(c.Switch) == 0 {
		return nil
	}
	pods, err := netip.ParsePrefix(c.Seed.PodCIDR)
	if err != nil {
		return err
	}
	f := &fabric.Fabric{Store: s.Store, Switch: c.Switch, Ports: c.Ports, PodCIDR: pods, MACs: c.MACs, API: c.API, Translator: c.Translator}
	s.Enforce, s.Counters, s.PortUses = f.Sync, f.Counters, f.PortUses
	return f.Sync(ctx)
}

// listen serves the listener and the sockets until ctx is done or one of them fails.
func listen(ctx context.Context, c config, s *server.Server, health *balancing.Health) error {
	login := s.Directory.Handler()
	public := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == server.LoginHost || r.Host != server.ManagementHost && !ofResourceManager(r.URL.Path) {
			login.ServeHTTP(w, r)
			return
		}
		s.ServeHTTP(w, r)
	})}
	commands := http.NewServeMux()
	commands.Handle("/", s.Control())
	commands.Handle("/balancing", health.Handler())
	commands.Handle("/balancing/", health.Handler())
	control := &http.Server{Handler: commands, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _, _ = public.Close(), control.Close() })
	defer stop()
	published, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		return fmt.Errorf("descriptor 3: %w", err)
	}
	forwarded, err := unix(c.Forwarded)
	if err != nil {
		return err
	}
	controlled, err := unix(c.Control)
	if err != nil {
		return err
	}
	all := []func() error{
		func() error { return public.ServeTLS(published, c.Cert, c.Key) },
		func() error { return public.Serve(forwarded) },
		func() error { return control.Serve(controlled) },
	}
	if c.Metadata != "" {
		metadata := &http.Server{Addr: c.Metadata, Handler: s.Metadata(), ReadHeaderTimeout: 10 * time.Second}
		defer context.AfterFunc(ctx, func() { _ = metadata.Close() })()
		all = append(all, metadata.ListenAndServe)
	}
	failed := make(chan error)
	for _, serve := range all {
		go func() { failed <- serve() }()
	}
	if err := <-failed; ctx.Err() == nil {
		return err
	}
	return nil
}

// unix listens on a socket of the path, in place of one that an earlier process has left.
func unix(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return net.Listen("unix", path)
}

// ofResourceManager tells the paths apart where one name serves both.
func ofResourceManager(path string) bool {
	return path == "/subscriptions" || strings.HasPrefix(path, "/subscriptions/") || strings.HasPrefix(path, "/providers/") ||
		strings.HasPrefix(path, "/metadata/")
}
