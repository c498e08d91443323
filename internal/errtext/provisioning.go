package errtext

import (
	"strconv"
	"strings"
)

// agentBaker holds the exit codes of the script that sets up a new node.
const agentBaker = "https://github.com/Azure/AgentBaker/blob/master/parts/linux/cloud-init/artifacts/cse_helpers.sh"

// exit is an exit code of the set-up script.
type exit struct {
	codes  []int
	name   string // as it stands in the errors of Azure; empty where none is known
	egress bool   // the same egress that the tunnel's agents need
	rule   rule
}

func exits() []exit {
	return []exit{
		{[]int{50}, "OutboundConnFail", true, rule{
			meaning: "A new node could not reach the image registry over the internet. It never joined.",
			causes:  []string{"egress on 443 is blocked by an NSG, a firewall or a route", "DNS on the node fails", "SNAT ports ran out"},
			source:  learnOutbound,
		}},
		{[]int{51}, "K8SAPIServerConnFail", true, rule{
			meaning: "A new node resolved the API server's name and could not connect to it. It never joined.",
			causes:  []string{"egress on 443 to the API server is blocked", "authorised IP ranges leave out the nodes' outbound address", "a firewall inspects TLS"},
			source:  learnAPIConn,
		}},
		{[]int{52, 53}, "K8SAPIServerDNSLookupFail", true, rule{
			meaning: "A new node could not resolve the API server's name. It never joined.",
			causes:  []string{"the custom DNS servers do not forward to 168.63.129.16", "the private DNS zone is not linked to the DNS servers' network", "53/UDP and TCP to the DNS servers is blocked"},
			source:  learnAPIDNS,
		}},
		{[]int{124}, "", false, rule{
			meaning: "A step of a new node's set-up ran into its time limit.",
			causes:  []string{"slow or blocked egress", "slow DNS", "the node is overloaded"},
			source:  agentBaker,
		}},
		{[]int{31, 33, 41, 42, 99}, "", false, rule{
			meaning: "A new node could not download what it needs: binaries, images or packages.",
			causes:  []string{"egress to the package or image hosts is blocked", "DNS on the node fails"},
			source:  learnEgress,
		}},
		{[]int{30, 34}, "", false, rule{
			meaning: "On a new node the kubelet did not start or did not become ready in time.",
			causes:  []string{"the kubelet's log says why"},
			source:  agentBaker,
		}},
		{[]int{210, 211, 212}, "", false, rule{
			meaning: "A new node of a network-isolated cluster could not pull from its registry cache.",
			causes:  []string{"the private endpoint or the DNS of the registry", "the kubelet identity lacks AcrPull"},
			source:  learn + "error-codes/vmextensionerror-oraspullnetworktimeout",
		}},
		{[]int{215, 216, 217, 218, 219}, "", false, rule{
			meaning: "A new node's DNS did not pass the health check, or its local DNS did not start.",
			causes:  []string{"the DNS servers of the network do not answer"},
			source:  agentBaker,
		}},
	}
}

// provisioningRules are one row per group of exit codes, one per name, and one for any other code.
func provisioningRules() []rule {
	finish := func(r rule, egress bool) rule {
		r.class, r.tunnel = Provisioning, No
		if egress {
			r.tunnel = Maybe
		}
		r.next = []string{"az aks check-network outbound -g GROUP -n CLUSTER", "read /var/log/azure/cluster-provision-cse-output.log on the node (az vmss run-command invoke)"}
		return r
	}
	heads := []string{"vmssCSE", "VMExtensionProvisioningError", "VMExtensionError", "AKSLinuxExtension", "Enable failed: failed to execute command"}
	var rules []rule
	for _, e := range exits() {
		if e.name != "" {
			named := e.rule
			named.when = []string{e.name}
			rules = append(rules, finish(named, e.egress))
		}
		e.rule.when, e.rule.exit = heads, e.codes
		rules = append(rules, finish(e.rule, e.egress))
	}
	return append(rules, finish(rule{
		when:    heads,
		and:     []string{"exit"},
		meaning: "A new node's set-up script failed with an exit code of its own.",
		causes:  []string{"the code stands in the list of exit codes of AgentBaker"},
		source:  agentBaker,
	}, false))
}

// exitCode returns the exit code that t, which is squeezed, tells of: "exit status=50", "exit code: 50", "exit 50"; 0 where
// it tells of none.
func exitCode(t string) int {
	for rest, found := t, true; found; {
		if _, rest, found = strings.Cut(rest, "exit"); !found {
			break
		}
		s := strings.TrimPrefix(strings.TrimPrefix(rest, "status"), "code")
		s = strings.TrimLeft(s, "=:")
		if n, err := strconv.Atoi(leading(s, func(c byte) bool { return '0' <= c && c <= '9' })); err == nil {
			return n
		}
	}
	return 0
}
