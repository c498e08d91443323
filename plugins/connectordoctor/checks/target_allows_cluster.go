package checks

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// TargetAllowsCluster finds a target whose firewall denies the cluster's connections.
var TargetAllowsCluster = &check.Check{
	Code: "CON0703",
	Name: "target-allows-cluster",
	Hop:  hopTarget,
	Doc: `the target allows connections from the cluster

A target with public network access is reached by its public address, unless a firewall there denies the pods' subnet and the cluster's
outbound addresses; others by a private endpoint only. Whether names resolve to private addresses is not
checked, and rules of single databases of Azure SQL are not read.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/storage/common/storage-network-security",
		"https://learn.microsoft.com/azure/key-vault/general/network-security",
		"https://learn.microsoft.com/azure/postgresql/flexible-server/security-firewall-rules",
		"https://learn.microsoft.com/azure/azure-sql/database/firewall-configure",
		"https://learn.microsoft.com/azure/service-bus-messaging/service-bus-ip-filtering",
		"https://learn.microsoft.com/azure/virtual-network/virtual-network-service-endpoints-overview",
		"https://learn.microsoft.com/azure/private-link/private-endpoint-overview",
	},
	After: []*check.Check{TargetExists},
	Needs: ofAzure(facts.AzureTarget, facts.AzureEgress),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		l, t, ok, err := atTarget(p)
		if !ok {
			return nil, err
		}
		n := t.Target.Network
		switch {
		case n == nil:
			p.Skip("the bundle is of an earlier version, which did not read this")
		case n.Integrated:
			p.Skip("%s is in a virtual network; whether the cluster can connect to that is not read", nameOf(t.Target.ID))
		case strings.EqualFold(n.Public, "SecuredByPerimeter"):
			return nil, errors.New("a network security perimeter decides, which is not read")
		case n.Closed() && n.Approved():
			return []check.Finding{l.private(t, "public network access of %s is disabled; pods connect by its private endpoint")}, nil
		case n.Closed():
			return []check.Finding{l.closed(t)}, nil
		case n.Unread != "" && n.Approved():
			return []check.Finding{l.private(t, "the firewall of %s could not be read; pods connect by its private endpoint")}, nil
		case n.Unread != "":
			return nil, fmt.Errorf("the firewall rules of %s could not be read: %s", nameOf(t.Target.ID), n.Unread)
		case !n.Rules:
			p.Skip("firewall rules of %s are not read", t.Target.Type)
		case n.Filtered:
			found, err := filtered(p, l, t)
			if n.Approved() && (err != nil || len(found) > 0) {
				return []check.Finding{l.private(t, "the firewall of %s may deny the cluster; pods connect by its private endpoint")}, nil
			}
			return found, err
		}
		return nil, nil
	},
}

// private is what to know of a target that pods reach by a private endpoint. The summary has its name.
func (l linked) private(t facts.TargetInAzure, summary string) check.Finding {
	return check.Finding{
		Severity: check.Info, Target: l.ref(),
		Summary: fmt.Sprintf(summary, nameOf(t.Target.ID)),
		Cause: "in pods, its name must resolve to the private address; whether it does, and whether the cluster's network reaches that, " +
			"is not read here",
	}
}

// closed is the finding about a target that nobody can connect to.
func (l linked) closed(t facts.TargetInAzure) check.Finding {
	name := nameOf(t.Target.ID)
	f := check.Finding{
		Severity: check.Error, Target: l.ref(),
		Summary: fmt.Sprintf("public network access of %s is disabled, and it has no private endpoint", name),
		Cause:   "somebody, or a policy of the subscription, disabled it; no network can connect to it",
	}
	fixes := []check.Fix{createEndpoint(l, t.Target)}
	for _, e := range t.Target.Network.Endpoints {
		f.Summary = fmt.Sprintf("public network access of %s is disabled, and its private endpoint is not approved: %s", name, e.State)
		if strings.EqualFold(e.State, "Pending") {
			fixes = []check.Fix{approve(t.Target, e)}
			break
		}
	}
	f.Fixes = append(fixes, openToPublic(t.Target))
	return f
}

// denial is why the firewall of a target denies connections of a node pool.
type denial struct {
	pool facts.PoolEgress
	rule string // the rule that is missing
	why  string
}

// filtered returns what the firewall of a target makes of the connections of each pool.
func filtered(p *check.Pass, l linked, t facts.TargetInAzure) ([]check.Finding, error) {
	if len(l.cluster.Pools) > 0 && facts.AllowsPools(*t.Target.Network, l.cluster) == len(l.cluster.Pools) {
		return nil, nil
	}
	podSubnets := slices.ContainsFunc(l.cluster.Pools, func(pool topology.NodePool) bool { return pool.PodSubnet != "" })
	if l.here[0].CSI && podSubnets {
		return nil, errors.New("the CSI driver connects from the nodes' subnets, which are not compared")
	}
	egress, err := facts.AzureEgress.Get(p)
	if ok, err := read(p, egress.Off, err); !ok {
		return nil, err
	}
	var denied []denial
	var unknown error
	for _, pool := range egress.Pools {
		d, err := denies(l, t, pool)
		switch {
		case err != nil:
			unknown = fmt.Errorf("whether the firewall of %s allows pool %s is unknown: %w", nameOf(t.Target.ID), pool.Pool, err)
		case d != nil:
			denied = append(denied, *d)
		}
	}
	switch {
	case len(egress.Pools) == 0:
		return nil, errors.New("no node pool of the cluster is known")
	case len(denied) == 0:
		return nil, unknown
	}
	d, name := denied[0], nameOf(t.Target.ID)
	f := check.Finding{
		Severity: check.Error, Target: l.ref(),
		Summary: fmt.Sprintf("the firewall of %s denies connections from the cluster: it has no rule for %s", name, d.rule),
		Cause:   d.why,
		Fixes:   allowPool(l, t.Target, d.pool),
	}
	if strings.EqualFold(t.Target.Type, "Microsoft.Sql/servers") { // a database may have rules of its own
		f.Severity = check.Warning
		f.Cause += ", unless the database itself has one, which Azure does not tell"
	}
	if len(denied) < len(egress.Pools) {
		f.Severity = check.Warning
		f.Summary = fmt.Sprintf("the firewall of %s denies connections from node pool %s: it has no rule for %s", name, d.pool.Pool, d.rule)
	}
	return []check.Finding{f}, nil
}

// denies returns why the firewall of the target denies connections of the pool's pods; nil: it allows them. The error is why this is not
// known.
func denies(l linked, t facts.TargetInAzure, pool facts.PoolEgress) (*denial, error) {
	n := t.Target.Network
	subnet := "the nodes' subnet"
	if pool.Subnet != "" {
		subnet = "subnet " + nameOf(pool.Subnet)
	}
	d := &denial{pool: pool, rule: subnet}
	addresses, endpoint := facts.Seen(*n, pool.Addresses), facts.ServiceEndpoint(*n, l.cluster)
	all, some := n.Covers(addresses)
	none := "no rule has " + subnet + " either"
	if endpoint == "" { // its firewall has no rules for subnets
		d.rule, none = "the cluster's outbound addresses", "it has rules for other addresses"
	}
	switch {
	case facts.AllowsPool(*n, l.cluster, pool.Subnet):
		return nil, nil
	case len(n.Ranges) == 0 && len(n.Odd) == 0:
		d.why = "it denies what no rule allows, and no rule allows this subnet or any address"
		if endpoint == "" {
			d.why = "it denies all addresses that no rule allows, and it has no rules"
		}
	case usesEndpoint(pool, endpoint):
		d.why = fmt.Sprintf("the subnet has a service endpoint for %s: its connections come from private addresses, which no rule has", endpoint)
	case facts.HidesAddresses(*n, l.cluster):
		d.why = "rules for addresses have no effect on connections from the same region, " + n.Location + "; only rules for subnets have"
	case pool.Unknown != "":
		return nil, errors.New("the cluster's outbound address is not known: " + pool.Unknown)
	case all:
		return nil, nil
	case len(n.Odd) > 0:
		return nil, fmt.Errorf("its rule %.100q is no range of addresses", n.Odd[0])
	default:
		var texts []string
		for _, a := range addresses {
			texts = append(texts, address(a))
		}
		d.rule = names(texts)
		d.why = "the cluster's outbound address changed, or was never allowed; " + none
		if some {
			d.why = "it allows some of the cluster's outbound addresses: connections fail now and then"
		}
	}
	return d, nil
}

// usesEndpoint reports whether the pool's connections to the service come from private addresses.
func usesEndpoint(pool facts.PoolEgress, service string) bool {
	for _, s := range pool.Services {
		if strings.EqualFold(s, service) || strings.EqualFold(s, service+".Global") {
			return true
		}
	}
	return false
}
