package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// PodAddressIsReached is for packets that get lost before the pod.
var PodAddressIsReached = &check.Check{
	Code: "INS0203",
	Name: "pod-address-is-reached",
	Hop:  hopApp,
	Doc: `packets from the test pod reach the pod

Where a connection is neither accepted nor refused, something drops its packets: a NetworkPolicy, a firewall of a node, a
route that is missing. Where Cilium or Calico have policies of their own, which are not judged here, it is not known whether that is
meant. Of UDP only a DNS query to a port whose name or appProtocol promises DNS is judged. Where NetworkPolicies do not let the test pod through, that is judged for itself.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/services-networking/network-policies/"},
	After:   podChecks,
	Needs:   []check.Need{facts.Service, facts.Answers, facts.Policies, facts.OtherPolicies},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		answers, ok, err := asked(p)
		if err != nil || !ok {
			return nil, err
		}
		byPolicy := map[string]bool{}
		for _, a := range answers.Items {
			if lost(a) {
				if byPolicy[place(a)], err = closed(p, a); err != nil {
					return nil, err
				}
			}
		}
		if slices.ContainsFunc(answers.Items, lost) && !slices.ContainsFunc(answers.Items, func(a facts.AppAnswer) bool { return lost(a) && !byPolicy[place(a)] }) {
			p.Skip("NetworkPolicies do not let the test pod through: see %s", NetworkPoliciesLetClientIn.Code)
			return nil, nil
		}
		if i := slices.IndexFunc(answers.Items, func(a facts.AppAnswer) bool { return lost(a) && a.Pod != "" && !byPolicy[place(a)] }); i >= 0 {
			if err := facts.MayBeMeant(p); err != nil {
				return nil, fmt.Errorf("connections from node %s to %s get no answer: %w", answers.From, place(answers.Items[i]), err)
			}
		}
		return answerFindings(p, func(a facts.AppAnswer) bool { return lost(a) && !byPolicy[place(a)] },
			func(a facts.AppAnswer, all facts.AppAnswers) check.Finding {
				f := check.Finding{Summary: fmt.Sprintf("connections from node %s to %s get no answer: %s", all.From, place(a), a.Connect)}
				if a.Service.Protocol == "UDP" {
					f.Summary = fmt.Sprintf("DNS queries by UDP from node %s to %s get no answer: %s", all.From, place(a), a.Connect)
				}
				switch {
				case a.Service.Protocol == "UDP":
					f.Cause = "the program does not answer, or something between the test pod and it drops the packets"
				case a.Pod == "":
					f.Cause = "the address of the EndpointSlice, which was made by hand, is not there, or something drops the packets"
				case a.Loopback == endpoints.Connected:
					f.Cause = "the app listens (inside the pod the port accepts connections); something between drops the packets"
				default:
					f.Cause = "something between the test pod and the pod drops the packets"
				}
				s, _ := facts.Service.Get(p)
				f.Fixes = []check.Fix{fix("look for a policy that selects the pod, then for firewall rules on its node",
					kubectl("get", "networkpolicies", "-n", s.Namespace), see(a, s.Namespace),
				)}
				return f
			})
	},
}

func lost(a facts.AppAnswer) bool {
	return a.Connect == endpoints.TimedOut || a.Connect == endpoints.Unreachable
}

// closed says whether NetworkPolicies do not let the test pod through to what it lost: that is judged for itself.
func closed(p *check.Pass, a facts.AppAnswer) (bool, error) {
	passages, err := facts.Policies.Get(p)
	if err != nil {
		return false, fmt.Errorf("%s gives no answer; whether a NetworkPolicy is meant to drop connections could not be read: %w", place(a), err)
	}
	for _, passage := range passages.Items {
		if passage.Pod == a.Pod && passage.Port.Number == a.Port && passage.Port.Protocol == a.Service.Protocol {
			return !passage.TestPod.Open(), nil
		}
	}
	return false, nil
}
