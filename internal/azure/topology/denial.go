package topology

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/nsg"
)

// String says which rule denies what.
func (v Verdict) String() string {
	return fmt.Sprintf("%s denies %s to %s", v.Deciding(), v.Flow.Source, v.Flow.Target())
}

// Deciding names the deciding rule.
func (v Verdict) Deciding() string {
	return fmt.Sprintf("rule %s (priority %d) of network security group %s", v.Rule.Name, v.Rule.Priority, NameOf(v.Group))
}

// Target names where the flow goes.
func (f Flow) Target() string {
	switch {
	case f.To == "":
		return fmt.Sprintf("%s:%d", f.Destination, f.Port)
	case f.Behind.IsValid():
		return fmt.Sprintf("%s:%d through node %s", f.Destination, f.Port, f.To)
	}
	return fmt.Sprintf("%s:%d of node %s", f.Destination, f.Port, f.To)
}

// Allowance is what a new rule allows that takes effect before the one that denies a flow.
type Allowance struct {
	Title string // of the fix
	Name  string // of the rule
	Ports string // of the destination, as az takes them
	Why   string // how the fix weakens a protection, as a clause
	// From and To are the addresses of the rule, as az takes them; nil: those of the flow and what belongs to it.
	From, To []string
}

// Finding returns the finding about a verdict that denies the connection of the client.
func (v Verdict) Finding(client string, a Allowance) *check.Finding {
	where := "subnet"
	if v.onNIC {
		where = "NIC"
	}
	cause := fmt.Sprintf("the group applies to the %s of node %s, and the rule to %s packets: %s", where, v.node,
		strings.ToLower(string(v.direction)), ruleText(*v.Rule))
	if s := nsg.Shadowed(v.packet, v.direction, v.sets, v.group, ""); s != nil && s.Allow.Priority < firstDefault {
		cause += "; " + s.String()
	}
	return &check.Finding{
		Summary: fmt.Sprintf("%s cannot connect to %s: %s denies it", client, v.Flow.Target(), v.Deciding()),
		Cause:   cause,
		Fixes:   v.Fixes(a),
		Evidence: []check.Evidence{{
			Source: v.az("show", v.Rule.Name), Lines: []string{ruleText(*v.Rule)},
		}},
	}
}

// ruleText returns a rule in one line.
func ruleText(r nsg.Rule) string {
	list := func(values ...[]string) string { return strings.Join(slices.Concat(values...), ",") }
	return fmt.Sprintf("%s %s %s from %s to %s, port %s", r.Access, r.Direction, r.Protocol, list(r.Sources, names(r.SourceASGs)),
		list(r.Destinations, names(r.DestinationASGs)), list(r.Ports))
}

func names(ids []string) (all []string) {
	for _, id := range ids {
		all = append(all, NameOf(id))
	}
	return all
}

// az returns an az command for a rule of the group; none if its names are not those of Azure resources.
func (v Verdict) az(verb, name string, args ...string) cmdline.Command {
	c := azNetwork(v.Group, "nsg", "rule", verb, "--nsg-name", name)
	if c.IsZero() {
		return c
	}
	return c.With(args...)
}

// azureName is what names of groups, tables, rules and routes consist of
// (https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftnetwork).
var azureName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.()-]{0,89}$`)

// azNetwork returns az network KIND PART VERB for the part of that name of the resource, whose name goes with the option. It returns no
// command if a name is not one that Azure allows: IDs can come from a bundle.
func azNetwork(id, kind, part, verb, option, name string) cmdline.Command {
	p := strings.Split(id, "/")
	if len(p) != 9 || !strings.EqualFold(p[1], "subscriptions") || !strings.EqualFold(p[3], "resourceGroups") {
		return cmdline.Command{}
	}
	for _, n := range []string{p[2], p[4], p[8], name} {
		if !azureName.MatchString(n) {
			return cmdline.Command{}
		}
	}
	return cmdline.Az("network", kind, part, verb, "--subscription", p[2], "-g", p[4], option, p[8], "--name", name)
}

// Managed reports whether AKS manages the group: rules that others write there do not last.
func (v Verdict) Managed() bool {
	name := strings.ToLower(NameOf(v.Group))
	return strings.HasPrefix(name, "aks-agentpool-") && strings.HasSuffix(name, "-nsg")
}

// Fixes returns how to allow the flow: by a rule that comes first, or without the one that denies it. Default rules cannot be deleted.
func (v Verdict) Fixes(a Allowance) []check.Fix {
	var all []check.Fix
	before := v.Rule.Priority
	if first, ok := nsg.FirstDeny(v.packet, v.direction, v.sets, v.group); ok {
		before = min(before, first)
	}
	if priority, ok := nsg.FreePriority(v.group, v.direction, before); ok && !v.Managed() {
		// az allows inbound packets of all protocols by default
		add := v.az("create", v.unused(a.Name), "--priority", strconv.Itoa(priority), "--destination-port-ranges", a.Ports)
		from, to := a.From, a.To
		if v.direction == nsg.Outbound {
			add = add.With("--direction", "Outbound")
			if to == nil {
				to = withAddress(v.to, v.Flow.Destination)
			}
		} else if from == nil {
			from = withAddress(v.from, v.Flow.Source)
		}
		if from != nil {
			add = add.With("--source-address-prefixes").With(from...)
		}
		if to != nil {
			add = add.With("--destination-address-prefixes").With(to...)
		}
		allow := FixBy(a.Title, add)
		allow.Weakens = a.Why
		all = append(all, allow)
	}
	if v.Rule.Priority < firstDefault {
		remove := FixBy("delete this rule", v.az("delete", v.Rule.Name))
		remove.Weakens = "it allows everything else that the rule denies, too"
		all = append(all, remove)
	}
	for i := range all {
		all[i].Template = "securityRules of the group (Bicep) or azurerm_network_security_rule (Terraform)"
	}
	return all
}

// FixBy returns a fix by the command, or without one if it is not one of az: the IDs of its arguments are untrusted.
func FixBy(title string, c cmdline.Command) check.Fix {
	if argv := c.Argv(); len(argv) == 0 || argv[0] != "az" {
		return check.Fix{Title: title}
	}
	return check.Fix{Title: title, Commands: []cmdline.Command{c}}
}

// unused returns the name, or the name with a number, that no rule of the group has: az would replace a rule of the same name.
func (v Verdict) unused(name string) string {
	taken := func(name string) bool {
		return slices.ContainsFunc(v.group.Rules, func(r nsg.Rule) bool { return strings.EqualFold(r.Name, name) })
	}
	for n, base := 2, name; taken(name); n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	return name
}

// withAddress returns those of the texts that are prefixes, and the address unless one of them contains it.
func withAddress(texts []string, address netip.Addr) []string {
	var all []string
	covered := false
	for _, text := range texts {
		if p, err := netip.ParsePrefix(text); err == nil && p.Addr().Is4() == address.Is4() {
			all, covered = append(all, p.String()), covered || p.Contains(address)
		}
	}
	if !covered {
		all = append(all, address.String())
	}
	return all
}
