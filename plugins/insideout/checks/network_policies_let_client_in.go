package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// NetworkPoliciesLetClientIn evaluates NetworkPolicies where packets are lost, and for the pod that --client names.
var NetworkPoliciesLetClientIn = &check.Check{
	Code: "INS0501",
	Name: "network-policies-let-client-in",
	Hop:  hopPolicy,
	Doc: `NetworkPolicies allow the client's connections to the pods

Once any NetworkPolicy selects a pod, only traffic that some policy allows gets through. Rules match the pod's port, not the
Service's. The same applies to egress of the client's pod. Policies are evaluated for the pod named by --client, and for the
test pod if its connections get no answer: only that shows that policies are enforced. If the app answers through the controller of
its Ingress, policies that keep the test pod out are meant. Policies of Calico and Cilium are not evaluated.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/services-networking/network-policies/"},
	After:   podChecks,
	Needs:   []check.Need{facts.Service, facts.Pods, facts.Answers, facts.ClusterIP, facts.Policies, facts.FromIngresses},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, answers, err := policyFacts(p)
		if err != nil {
			return nil, err
		}
		results, err := policyResults(p, answers)
		if err != nil || results == nil {
			return nil, err
		}
		var fs []check.Finding
		shown := map[netpolicy.Port]bool{}
		for _, result := range results.Items {
			lostHere := packetsLostAt(answers, result) || lostLater(p)
			verdict := result.TestPod
			switch {
			case shown[result.Port]:
				continue
			case result.Client != nil:
				if result.Client.Allows() || !lostHere && !verdict.Allows() { // policies that are not enforced drop nothing
					continue
				}
				verdict = *result.Client
			case !lostHere || verdict.Allows():
				continue
			case len(result.AllowedPeers) > 0 && !verdict.In.Allows() && answersThroughIngress(p, s):
				p.Skip("NetworkPolicies allow ingress only from others (%s from %s), and the app answers through its controller",
					result.AllowedPeers[0].Policy, result.AllowedPeers[0].PeersText)
				continue
			case len(result.AllowedPeers) > 0 && !verdict.In.Allows():
				return nil, fmt.Errorf("the test pod gets no answer, and NetworkPolicies allow ingress only from others "+
					"(%s from %s): name one with --client NAMESPACE/POD", result.AllowedPeers[0].Policy, result.AllowedPeers[0].PeersText)
			case len(result.AllowedEgress) > 0 && !verdict.Out.Allows():
				return nil, fmt.Errorf("the test pod gets no answer, and NetworkPolicies of namespace %s allow egress only from other pods "+
					"(%s): name one with --client NAMESPACE/POD", results.Namespace, result.AllowedEgress[0].Policy)
			}
			shown[result.Port] = true
			f := denial(s, *results, result, verdict)
			if !lostHere {
				f.Severity = check.Warning
				f.Cause += "; whether this cluster enforces policies is unknown"
			}
			fs = append(fs, f)
		}
		return fs, nil
	},
}

// answersThroughIngress reports whether every request to a controller of the Service succeeds, so that its policies are meant for those
// clients. A redirect does not count, because a controller may give it by itself, and neither does an answer that another backend may
// have given. It is false for a Service of several ports, because the requests may have used others.
func answersThroughIngress(p *check.Pass, s facts.ServiceInfo) bool {
	answers, err := facts.FromIngresses.Get(p)
	return err == nil && len(s.Ports) == 1 && len(answers.Items) > 0 && answers.Total == len(answers.Items) &&
		!slices.ContainsFunc(answers.Items, func(a facts.IngressAnswer) bool {
			return a.Status < 200 || a.Status > 299 || !a.Matches || a.Guessed || a.Rule.Split || a.Rule.ExtraMatches
		})
}

func policyFacts(p *check.Pass) (facts.ServiceInfo, facts.AppAnswers, error) {
	s, err := facts.Service.Get(p)
	if err != nil {
		return s, facts.AppAnswers{}, err
	}
	answers, err := facts.Answers.Get(p)
	return s, answers, err
}

// policyResults returns what NetworkPolicies decide about the connections. It is nil if no packets were lost and no client is
// named.
func policyResults(p *check.Pass, answers facts.AppAnswers) (*facts.PolicyResults, error) {
	anyLost := false
	for _, a := range answers.Items {
		anyLost = anyLost || packetsLost(a)
	}
	if !anyLost && !lostLater(p) && answers.Client == "" {
		if answers.NotProbed() != "" {
			p.Skip("not probed (%s), and --client names no pod", answers.NotProbed())
		}
		return nil, nil
	}
	results, err := facts.Policies.Get(p)
	return &results, err
}

// lostLater reports whether the pods stopped answering the test pod, as they do once policies for a new pod are enforced.
func lostLater(p *check.Pass) bool {
	ip, err := facts.ClusterIP.Get(p)
	return err == nil && ip.PodsLost
}

func packetsLostAt(answers facts.AppAnswers, result facts.PolicyResult) bool {
	for _, a := range answers.Items {
		if a.Pod == result.Pod && a.Port == result.Port.Number && a.Service.Protocol == result.Port.Protocol && packetsLost(a) {
			return true
		}
	}
	return false
}

// denial returns the finding on the policies that do not allow the client's connections.
func denial(s facts.ServiceInfo, all facts.PolicyResults, result facts.PolicyResult, verdict facts.PolicyVerdict) check.Finding {
	who := "namespace " + all.Namespace
	if all.Client != "" {
		who = "pod " + nameIn(s.Namespace, all.Namespace, all.Client)
	}
	f := check.Finding{Severity: check.Error, Target: check.Ref{Kind: "pod", Namespace: s.Namespace, Name: result.Pod}}
	namespace, d, deciding := s.Namespace, netpolicy.Ingress, verdict.In
	if verdict.In.Allows() {
		namespace, d, deciding = all.Namespace, netpolicy.Egress, verdict.Out
	}
	f.Summary = fmt.Sprintf("%s %s not allow %s from %s to pod %s on port %s", policyNames(namespace, s.Namespace, deciding.Policies),
		does(len(deciding.Policies)), strings.ToLower(string(d)), who, result.Pod, result.Port)
	for _, r := range deciding.Rules {
		switch {
		case r.MatchesPeer && !r.MatchesPort:
			f.Cause = fmt.Sprintf("rule %d of %s allows %s, but only on %s", r.Index+1, r.Policy, r.PeersText, r.PortsText)
			if servicePort(s, r) {
				f.Cause += ": policies match the pod's port, not the Service's"
			}
			f.Fixes = []check.Fix{addPort(namespace, d, r, result.Port)}
			return f
		case r.MatchesPort && !r.MatchesPeer && f.Cause == "":
			f.Cause = fmt.Sprintf("rule %d of %s allows only %s on that port", r.Index+1, r.Policy, r.PeersText)
		}
	}
	if f.Cause == "" {
		f.Cause = "no rule allows anything on that port"
	}
	f.Fixes = []check.Fix{addRule(namespace, d, deciding, all.Namespace, s.Namespace, result.Port)}
	return f
}

// servicePort reports whether the rule names a port of the Service by its number.
func servicePort(s facts.ServiceInfo, r netpolicy.Rule) bool {
	return slices.ContainsFunc(s.Ports, func(p endpoints.Port) bool {
		return slices.Contains(r.Numbers, netpolicy.Port{Protocol: p.Protocol, Number: p.Number})
	})
}

// policyNames names NetworkPolicies for a sentence, with their namespace if it is not own.
func policyNames(namespace, own string, names []string) string {
	var list []string
	for _, name := range names {
		list = append(list, nameIn(own, namespace, name))
	}
	if len(list) > 1 {
		return "NetworkPolicies " + strings.Join(list, ", ")
	}
	return "NetworkPolicy " + strings.Join(list, "")
}

func does(n int) string {
	if n > 1 {
		return "do"
	}
	return "does"
}
