// Package target runs servers for the data services that Resource Manager keeps in a lab with targets: databases, caches, storage, key
// vaults and message brokers, each at an address of the internet and behind the resource's own firewall. Databases and caches are real
// ones; key vaults give their secrets to who may read them; the others answer as Azure does to a client that has not signed in, and do
// nothing else.
package target

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"

	"github.com/akstools/akstools/test/lab/internal/arm"
	"github.com/akstools/akstools/test/lab/internal/layout"
)

// kind is a type of data services.
type kind struct {
	name  string // of the resource type
	rules string // the resources below it that are its firewall; empty: the firewall is part of the resource
	open  bool   // whether it accepts all addresses while there is no rule
	start func(context.Context, Target) (server, error)
}

var kinds = []kind{
	{"Microsoft.DBforPostgreSQL/flexibleServers", "firewallRules", false, startPostgreSQL},
	{"Microsoft.DBforMySQL/flexibleServers", "firewallRules", false, startMariaDB},
	{"Microsoft.Cache/redis", "firewallRules", true, startRedis},
	{"Microsoft.Storage/storageAccounts", "", true, startFront(storage)},
	{"Microsoft.KeyVault/vaults", "", true, startVault},
	{"Microsoft.DocumentDB/databaseAccounts", "", true, startFront(cosmos)},
	{"Microsoft.ServiceBus/namespaces", "networkRuleSets", true, startFront(bus)},
}

// server is a running data service.
type server interface {
	// allow replaces the firewall of new connections.
	allow(context.Context, Firewall) error
	// close ends it, and all connections.
	close()
}

// Target is a data service in Resource Manager, with what its server needs.
type Target struct {
	ID       string
	Name     string
	Hosts    []string // by which clients know it
	Address  netip.Addr
	Firewall Firewall
	kind     kind
}

// directory returns that of its server. Names of resources of several types may be the same.
func (t Target) directory() string { return layout.In("targets", t.Address.String()) }

// resource is what Resource Manager keeps of a data service.
type resource struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Properties struct {
		FQDN     string            `json:"fullyQualifiedDomainName"`
		HostName string            `json:"hostName"`
		Vault    string            `json:"vaultUri"`
		Document string            `json:"documentEndpoint"`
		Bus      string            `json:"serviceBusEndpoint"`
		Primary  map[string]string `json:"primaryEndpoints"`
		access
	} `json:"properties"`
}

// all returns the data services that Resource Manager keeps, without addresses.
func all(ctx context.Context) ([]Target, error) {
	var found []Target
	for _, k := range kinds {
		var resources []resource
		path := fmt.Sprintf("/arm/subscriptions/%s/providers/%s", layout.Subscription, k.name)
		if err := arm.Decode(ctx, "GET", path, nil, &resources); err != nil {
			return nil, err
		}
		for _, r := range resources {
			t := Target{ID: r.ID, Name: r.Name, Hosts: r.hosts(), kind: k}
			accesses := []access{r.Properties.access}
			if k.rules != "" {
				var rules []struct {
					Properties access `json:"properties"`
				}
				if err := arm.Decode(ctx, "GET", "/arm"+r.ID+"/"+k.rules, nil, &rules); err != nil {
					return nil, err
				}
				for _, rule := range rules {
					accesses = append(accesses, rule.Properties)
				}
			}
			var err error
			if t.Firewall, err = firewallOf(accesses, k.open); err != nil {
				return nil, fmt.Errorf("%s: %w", r.ID, err)
			}
			found = append(found, t)
		}
	}
	return found, nil
}

// hosts returns the names that the resource's properties give.
func (r resource) hosts() []string {
	p := r.Properties
	var hosts []string
	for _, h := range []string{p.FQDN, p.HostName} {
		if h != "" {
			hosts = append(hosts, h)
		}
	}
	endpoints := []string{p.Vault, p.Document, p.Bus}
	for _, e := range p.Primary {
		endpoints = append(endpoints, e)
	}
	for _, e := range endpoints {
		if u, err := url.Parse(e); err == nil && u.Hostname() != "" {
			hosts = append(hosts, u.Hostname())
		}
	}
	slices.Sort(hosts)
	return hosts
}
