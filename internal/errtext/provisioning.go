package errtext

import (
	"strconv"
	"strings"
)

// agentBaker is the list of exit codes of the script that provisions a new node.
const agentBaker = "https://github.com/Azure/AgentBaker/blob/master/parts/linux/cloud-init/artifacts/cse_helpers.sh"

// exit is a group of exit codes of the provisioning script.
type exit struct {
	codes  []int
	name   string // in Azure's errors; empty if unknown
	egress bool   // the failed egress is one that tunnel agents need too
	rule   rule
}

func exits() []exit {
	return []exit{
		{[]int{50}, "OutboundConnFail", true, rule{
			meaning: "A new node could not reach the image registry over the internet. It never joined the cluster.",
			causes:  []string{"egress on 443 is blocked by an NSG, a firewall or a route", "DNS on the node fails", "SNAT port exhaustion"},
			source:  learnOutbound,
		}},
		{[]int{51}, "K8SAPIServerConnFail", true, rule{
			meaning: "A new node resolved the API server's name but could not connect to it. It never joined the cluster.",
			causes: []string{
				"egress on 443 to the API server is blocked",
				"the authorized IP ranges do not include the nodes' outbound address", "a firewall inspects TLS",
			},
			source: learnAPIConn,
		}},
		{[]int{52, 53}, "K8SAPIServerDNSLookupFail", true, rule{
			meaning: "A new node could not resolve the API server's name. It never joined the cluster.",
			causes: []string{
				"the custom DNS servers do not forward to 168.63.129.16",
				"the private DNS zone is not linked to the DNS servers' virtual network",
				"53/UDP and TCP to the DNS servers is blocked",
			},
			source: learnAPIDNS,
		}},
		{[]int{124}, "", false, rule{
			meaning: "A step of a new node's provisioning timed out.",
			causes:  []string{"slow or blocked egress", "slow DNS", "the node is overloaded"},
			source:  agentBaker,
		}},
		{[]int{31, 33, 41, 42, 99}, "", false, rule{
			meaning: "A new node could not download binaries, images or packages.",
			causes:  []string{"egress to the package or image hosts is blocked", "DNS on the node fails"},
			source:  learnEgress,
		}},
		{[]int{30, 34}, "", false, rule{
			meaning: "The kubelet of a new node did not start, or did not become ready in time.",
			causes:  []string{"see the kubelet's log"},
			source:  agentBaker,
		}},
		{[]int{210, 211, 212}, "", false, rule{
			meaning: "A new node of a network-isolated cluster could not pull from the cluster's registry cache.",
			causes:  []string{"the registry's private endpoint or its DNS", "the kubelet identity lacks AcrPull"},
			source:  learn + "error-codes/vmextensionerror-oraspullnetworktimeout",
		}},
		{[]int{215, 216, 217, 218, 219}, "", false, rule{
			meaning: "A new node's DNS failed the health check, or its LocalDNS did not start.",
			causes:  []string{"the DNS servers of the virtual network do not answer"},
			source:  agentBaker,
		}},
	}
}

// provisioningRules are one row for each group of exit codes, one for each name, and one for all other codes.
func provisioningRules() []rule {
	finish := func(r rule, egress bool) rule {
		r.class, r.tunnel = Provisioning, No
		if egress {
			r.tunnel = Maybe
		}
		r.next = []string{
			"az aks check-network outbound -g GROUP -n CLUSTER",
			"read /var/log/azure/cluster-provision-cse-output.log on the node (az vmss run-command invoke)",
		}
		return r
	}
	heads := []string{
		"vmssCSE", "VMExtensionProvisioningError", "VMExtensionError", "AKSLinuxExtension",
		"Enable failed: failed to execute command",
	}
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
		meaning: "A new node's provisioning script failed.",
		causes:  []string{"look up the exit code in the source below"},
		source:  agentBaker,
	}, false))
}

// exitCode returns the exit code in t, which is squeezed, from "exit status=50", "exit code: 50" or "exit 50"; 0 if there is
// none.
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
