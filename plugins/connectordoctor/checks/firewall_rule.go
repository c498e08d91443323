package checks

import (
	"fmt"
	"net/netip"
	"strings"

	"go4.org/netipx"

	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// ruleForSubnet returns the command that adds a rule for the subnet to the firewall of the target; none, if there is no such command.
func ruleForSubnet(t facts.ResourceInAzure, subnet string) cmdline.Command {
	subscription, group, name, ok := id.Parts(t.ID)
	if !ok {
		return cmdline.Command{}
	}
	of := []string{"--subscription", subscription, "-g", group}
	switch strings.ToLower(t.Type) {
	case "microsoft.sql/servers":
		return cmdline.Az("sql", "server", "vnet-rule", "create").With(of...).With("-s", name, "-n", "aks", "--subnet", subnet)
	case "microsoft.servicebus/namespaces":
		return cmdline.Az("servicebus", "namespace", "network-rule-set", "virtual-network-rule", "add").With(of...).
			With("--namespace-name", name, "--subnet", subnet)
	case "microsoft.eventhub/namespaces":
		return cmdline.Az("eventhubs", "namespace", "network-rule-set", "virtual-network-rule", "add").With(of...).
			With("--namespace-name", name, "--subnet", subnet)
	case "microsoft.documentdb/databaseaccounts":
		return cmdline.Az("cosmosdb", "network-rule", "add").With(of...).With("-n", name, "--subnet", subnet)
	}
	if add := networkRule(t, of, name); !add.IsZero() {
		return add.With("--subnet", subnet)
	}
	return cmdline.Command{}
}

// networkRule returns the command that adds a rule for a subnet or an address, without either; none, if there is no such command.
func networkRule(t facts.ResourceInAzure, of []string, name string) cmdline.Command {
	switch t.Network.Service {
	case storage:
		return cmdline.Az("storage", "account", "network-rule", "add").With(of...).With("--account-name", name)
	case "Microsoft.KeyVault":
		return cmdline.Az("keyvault", "network-rule", "add").With(of...).With("-n", name)
	case "Microsoft.CognitiveServices":
		return cmdline.Az("cognitiveservices", "account", "network-rule", "add").With(of...).With("-n", name)
	}
	return cmdline.Command{}
}

// allowRange returns the command that adds a rule for the addresses to the firewall of the target; none, if there is no such command.
func allowRange(t facts.ResourceInAzure, addresses netip.Prefix) cmdline.Command {
	subscription, group, name, ok := id.Parts(t.ID)
	if !ok {
		return cmdline.Command{}
	}
	of := []string{"--subscription", subscription, "-g", group}
	r := netipx.RangeOfPrefix(addresses)
	first, last := r.From().String(), r.To().String()
	rule := "aks-" + strings.NewReplacer(".", "-", ":", "-").Replace(first)
	switch strings.ToLower(t.Type) {
	case "microsoft.sql/servers":
		return cmdline.Az("sql", "server", "firewall-rule", "create").With(of...).
			With("-s", name, "-n", rule, "--start-ip-address", first, "--end-ip-address", last)
	case "microsoft.cache/redis": // names of rules have letters, digits and underscores only
		return cmdline.Az("redis", "firewall-rules", "create").With(of...).
			With("-n", name, "--rule-name", strings.ReplaceAll(rule, "-", "_"), "--start-ip", first, "--end-ip", last)
	case "microsoft.dbforpostgresql/flexibleservers", "microsoft.dbformysql/flexibleservers":
		// the options of the command for these servers differ between versions of the Azure CLI
		return cmdline.Az("resource", "create", "--id", t.ID+"/firewallRules/"+rule, "--properties",
			fmt.Sprintf(`{"startIpAddress": "%s", "endIpAddress": "%s"}`, first, last))
	case "microsoft.servicebus/namespaces":
		return cmdline.Az("servicebus", "namespace", "network-rule-set", "ip-rule", "add").With(of...).
			With("--namespace-name", name, "--ip-rule", "ip-address="+address(addresses), "action=Allow")
	case "microsoft.eventhub/namespaces":
		return cmdline.Az("eventhubs", "namespace", "network-rule-set", "ip-rule", "add").With(of...).
			With("--namespace-name", name, "--ip-rule", "ip-address="+address(addresses), "action=Allow")
	}
	if add := networkRule(t, of, name); !add.IsZero() {
		return add.With("--ip-address", address(addresses))
	}
	return cmdline.Command{}
}

// address is a range as rules take it: a single address without its length.
func address(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}
