package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// PodAddressIsReached finds pods to which packets are lost.
var PodAddressIsReached = &check.Check{
	Code: "INS0203",
	Name: "pod-address-is-reached",
	Hop:  hopApp,
	Doc: `packets from the test pod reach the pod

If a connection is neither accepted nor refused, something drops its packets: a NetworkPolicy, a node's firewall, a missing
route. If Cilium or Calico has policies of its own, which this check does not evaluate, it cannot tell whether the drop is
intended. Of UDP ports only those whose name or appProtocol is DNS are evaluated. INS0501 evaluates NetworkPolicies that deny
the test pod.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/services-networking/network-policies/"},
	After:   podChecks,
	Needs:   []check.Need{facts.Service, facts.Answers, facts.Policies, facts.OtherPolicies},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		answers, ok, err := appAnswers(p)
		if err != nil || !ok {
			return nil, err
		}
		byPolicy := map[string]bool{}
		for _, a := range answers.Items {
			if !packetsLost(a) {
				continue
			}
			byPolicy[location(a)], err = deniedByPolicy(p, a)
			if err != nil {
				return nil, err
			}
		}
		unexplained := func(a facts.AppAnswer) bool { return packetsLost(a) && !byPolicy[location(a)] }
		if slices.ContainsFunc(answers.Items, packetsLost) && !slices.ContainsFunc(answers.Items, unexplained) {
			p.Skip("NetworkPolicies deny the test pod: see %s", NetworkPoliciesLetClientIn.Code)
			return nil, nil
		}
		if i := slices.IndexFunc(answers.Items, func(a facts.AppAnswer) bool { return a.Pod != "" && unexplained(a) }); i >= 0 {
			if err := facts.MayBeMeant(p); err != nil {
				return nil, fmt.Errorf("%s does not answer connections from node %s: %w", location(answers.Items[i]), answers.From, err)
			}
		}
		return answerFindings(p, unexplained,
			func(a facts.AppAnswer, all facts.AppAnswers) check.Finding {
				f := check.Finding{Summary: fmt.Sprintf("%s does not answer connections from node %s: %s", location(a), all.From, a.Connect)}
				if a.Service.Protocol == "UDP" {
					f.Summary = fmt.Sprintf("%s does not answer DNS queries over UDP from node %s: %s", location(a), all.From, a.Connect)
				}
				switch {
				case a.Service.Protocol == "UDP":
					f.Cause = "the program does not answer, or something between it and the test pod drops the packets"
				case a.Pod == "":
					f.Cause = "the EndpointSlice was created by hand: its address does not exist, or something drops the packets"
				case a.Loopback == endpoints.Connected:
					f.Cause = "the port accepts connections inside the pod; something in between drops the packets"
				default:
					f.Cause = "something between the test pod and the pod drops the packets"
				}
				s, _ := facts.Service.Get(p)
				f.Fixes = []check.Fix{fix("look for a policy that selects the pod, then for firewall rules on its node",
					cmdline.Kubectl("get", "networkpolicies", "-n", s.Namespace), requestCommand(a, s.Namespace),
				)}
				return f
			})
	},
}

func packetsLost(a facts.AppAnswer) bool {
	return a.Connect == endpoints.TimedOut || a.Connect == endpoints.Unreachable
}

// deniedByPolicy reports whether NetworkPolicies deny the connection of the test pod: another check evaluates that.
func deniedByPolicy(p *check.Pass, a facts.AppAnswer) (bool, error) {
	results, err := facts.Policies.Get(p)
	if err != nil {
		return false, fmt.Errorf("%s does not answer; whether a NetworkPolicy denies the connection is unknown: %w", location(a), err)
	}
	for _, result := range results.Items {
		if result.Pod == a.Pod && result.Port.Number == a.Port && result.Port.Protocol == a.Service.Protocol {
			return !result.TestPod.Allows(), nil
		}
	}
	return false, nil
}
