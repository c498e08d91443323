package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/facts"
	"github.com/akstools/akstools/internal/testpod"
)

// PodAddressIsReached is for packets that get lost before the pod.
var PodAddressIsReached = &check.Check{
	Code: "INS0203",
	Name: "pod-address-is-reached",
	Hop:  hopApp,
	Doc: `packets from the test pod reach the pod

Where a connection is neither accepted nor refused, something drops its packets: a NetworkPolicy, a firewall of a node, a
route that is missing. A NetworkPolicy that selects the pod may let real clients in and the test pod not: then it is
undecided. Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/`,
	After: podChecks,
	Needs: []check.Need{facts.Service, facts.Answers, facts.Policies},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		if err := underPolicy(p); err != nil {
			return nil, err
		}
		return answerFindings(p, lost,
			func(a facts.AppAnswer, all facts.AppAnswers) check.Finding {
				f := check.Finding{Summary: fmt.Sprintf("connections from node %s to %s get no answer: %s", all.From, place(a), a.Connect)}
				switch {
				case a.Pod == "":
					f.Cause = "the address of the EndpointSlice, which was made by hand, is not there, or something drops the packets"
				case a.Loopback == testpod.Connected:
					f.Cause = "the app listens (inside the pod the port accepts connections); something between drops the packets"
				default:
					f.Cause = "something between the test pod and the pod drops the packets"
				}
				s, _ := facts.Service.Get(p)
				f.Fixes = []check.Fix{{Title: "look for a NetworkPolicy that selects the pod, then for firewall rules on its node", Commands: [][]string{
					kubectl("get", "networkpolicies", "-n", s.Namespace), see(a, s.Namespace),
				}}}
				return f
			})
	},
}

func lost(a facts.AppAnswer) bool {
	return a.Connect == testpod.TimedOut || a.Connect == testpod.Unreachable
}

// underPolicy returns why it cannot be decided where packets to a pod are lost and a NetworkPolicy selects the pod.
func underPolicy(p *check.Pass) error {
	answers, ok, err := asked(p)
	if err != nil || !ok || !slices.ContainsFunc(answers.Items, lost) {
		return nil //nolint:nilerr // it is said where the answers are judged
	}
	policies, err := facts.Policies.Get(p)
	if err != nil {
		return fmt.Errorf("connections from node %s get no answer; whether a NetworkPolicy is meant to drop them could not be read: %w", answers.From, err)
	}
	for _, a := range answers.Items {
		for _, policy := range policies {
			if lost(a) && slices.Contains(policy.Pods, a.Pod) {
				return fmt.Errorf("connections from node %s to %s get no answer, and NetworkPolicy %s selects the pod: it may drop those of the test pod and let real clients in", answers.From, place(a), policy.Name)
			}
		}
	}
	return nil
}
