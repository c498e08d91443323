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
	switch command := networkRule(t, "vnet-rule", "virtual-network-rule"); strings.ToLower(t.Type) {
	case "microsoft.sql/servers":
		rule := "aks-nodes"
		if id.IsSubnet(subnet) {
			rule = "aks-" + nameOf(subnet)
		}
		return command.With("-n", rule, "--subnet", subnet)
	case "microsoft.servicebus/namespaces", "microsoft.eventhub/namespaces":
		return command.With("--subnet", "id="+subnet)
	default:
		if command.IsZero() {
			return command
		}
		return command.With("--subnet", subnet)
	}
}

// allowRange returns the command that adds a rule for the addresses to the firewall of the target; none, if there is no such command.
func allowRange(t facts.ResourceInAzure, addresses netip.Prefix) cmdline.Command {
	r := netipx.RangeOfPrefix(addresses)
	first, last := r.From().String(), r.To().String()
	rule := "aks-" + strings.NewReplacer(".", "-", ":", "-").Replace(first)
	switch command := networkRule(t, "firewall-rule", "ip-rule"); strings.ToLower(t.Type) {
	case "microsoft.sql/servers":
		return command.With("-n", rule, "--start-ip-address", first, "--end-ip-address", last)
	case redis: // names of rules have letters, digits and underscores only
		return command.With("--rule-name", strings.ReplaceAll(rule, "-", "_"), "--start-ip", first, "--end-ip", last)
	case "microsoft.dbforpostgresql/flexibleservers", "microsoft.dbformysql/flexibleservers":
		// the options of the command for these servers differ between versions of the Azure CLI
		return cmdline.Az("resource", "create", "--id", t.ID+"/firewallRules/"+rule, "--properties",
			fmt.Sprintf(`{"startIpAddress": "%s", "endIpAddress": "%s"}`, first, last))
	case "microsoft.servicebus/namespaces", "microsoft.eventhub/namespaces":
		return command.With("--ip-rule", "ip-address="+address(addresses), "action=Allow")
	case "microsoft.documentdb/databaseaccounts":
		return cmdline.Command{} // its rules are one list
	default:
		if command.IsZero() {
			return command
		}
		return command.With("--ip-address", address(addresses))
	}
}

// redis is facts.RedisType in lower case.
const redis = "microsoft.cache/redis"

// networkRule returns the beginning of the command that adds a rule to the firewall of the target. The kind of the rule is sql for Azure
// SQL, and set for Service Bus and Event Hubs. There may be no such command.
func networkRule(t facts.ResourceInAzure, sql, set string) cmdline.Command {
	subscription, group, name, ok := id.Parts(t.ID)
	if !ok {
		return cmdline.Command{}
	}
	of := []string{"--subscription", subscription, "-g", group}
	switch strings.ToLower(t.Type) {
	case "microsoft.storage/storageaccounts":
		return cmdline.Az("storage", "account", "network-rule", "add").With(of...).With("--account-name", name)
	case "microsoft.keyvault/vaults":
		return cmdline.Az("keyvault", "network-rule", "add").With(of...).With("-n", name)
	case "microsoft.cognitiveservices/accounts":
		return cmdline.Az("cognitiveservices", "account", "network-rule", "add").With(of...).With("-n", name)
	case "microsoft.documentdb/databaseaccounts":
		return cmdline.Az("cosmosdb", "network-rule", "add").With(of...).With("-n", name)
	case "microsoft.sql/servers":
		return cmdline.Az("sql", "server").With(sql, "create").With(of...).With("-s", name)
	case redis:
		return cmdline.Az("redis", "firewall-rules", "create").With(of...).With("-n", name)
	case "microsoft.servicebus/namespaces":
		return cmdline.Az("servicebus", "namespace", "network-rule-set").With(set, "add").With(of...).With("--namespace-name", name)
	case "microsoft.eventhub/namespaces":
		return cmdline.Az("eventhubs", "namespace", "network-rule-set").With(set, "add").With(of...).With("--namespace-name", name)
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
