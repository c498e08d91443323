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

// NetworkPoliciesLetClientIn judges packets that get lost where NetworkPolicies drop them.
var NetworkPoliciesLetClientIn = &check.Check{
	Code: "INS0501",
	Name: "network-policies-let-client-in",
	Hop:  hopPolicy,
	Doc: `NetworkPolicies let the client's connections through to the pods

A pod that any NetworkPolicy selects is let only what one of its policies lets, by the pod's port and not the Service's; the
same holds for what goes out of the client's pod. Judged where connections of the test pod get no answer, since only that
shows that policies are enforced, and for the pod that --client names. Policies of Calico and Cilium are not judged.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/services-networking/network-policies/"},
	After:   podChecks,
	Needs:   []check.Need{facts.Service, facts.Pods, facts.Answers, facts.Policies},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, answers, err := policyFacts(p)
		if err != nil {
			return nil, err
		}
		passages, err := wanted(p, answers)
		if err != nil || passages == nil {
			return nil, err
		}
		var fs []check.Finding
		shown := map[netpolicy.Port]bool{}
		for _, passage := range passages.Items {
			lostHere := lostAt(answers, passage)
			w := passage.TestPod
			switch {
			case shown[passage.Port]:
				continue
			case passage.Client != nil:
				if passage.Client.Open() || !lostHere && !w.Open() { // what is not enforced drops nothing
					continue
				}
				w = *passage.Client
			case !lostHere || w.Open():
				continue
			case len(passage.LetIn) > 0 && !w.In.Allows():
				return nil, fmt.Errorf("connections from the test pod get no answer, and NetworkPolicies let in others only (%s lets in %s): name one with --client NAMESPACE/POD",
					passage.LetIn[0].Policy, passage.LetIn[0].PeersText)
			case len(passage.LetOut) > 0 && !w.Out.Allows():
				return nil, fmt.Errorf("connections from the test pod get no answer, and NetworkPolicies of namespace %s let out others only (by %s): name one with --client NAMESPACE/POD",
					passages.Namespace, passage.LetOut[0].Policy)
			}
			shown[passage.Port] = true
			f := denied(s, *passages, passage, w)
			if !lostHere {
				f.Severity = check.Warning
				f.Cause += "; whether policies are enforced here was not seen"
			}
			fs = append(fs, f)
		}
		return fs, nil
	},
}

func policyFacts(p *check.Pass) (facts.ServiceInfo, facts.AppAnswers, error) {
	s, err := facts.Service.Get(p)
	if err != nil {
		return s, facts.AppAnswers{}, err
	}
	answers, err := facts.Answers.Get(p)
	return s, answers, err
}

// wanted returns what NetworkPolicies make of connections, or nil, where nothing asks for it.
func wanted(p *check.Pass, answers facts.AppAnswers) (*facts.Passages, error) {
	anyLost := false
	for _, a := range answers.Items {
		anyLost = anyLost || lost(a)
	}
	if !anyLost && answers.Client == "" {
		if answers.Off != "" {
			p.Skip("it was not probed (%s), and no client's pod is named with --client", answers.Off)
		}
		return nil, nil
	}
	passages, err := facts.Policies.Get(p)
	return &passages, err
}

func lostAt(answers facts.AppAnswers, passage facts.Passage) bool {
	for _, a := range answers.Items {
		if a.Pod == passage.Pod && a.Port == passage.Port.Number && a.Service.Protocol == passage.Port.Protocol && lost(a) {
			return true
		}
	}
	return false
}

// denied says which policies do not let the client through, and what they lack.
func denied(s facts.ServiceInfo, all facts.Passages, passage facts.Passage, w facts.Way) check.Finding {
	who := "pods of namespace " + all.Namespace
	if all.Client != "" {
		who = fmt.Sprintf("pod %s of namespace %s", all.Client, all.Namespace)
	}
	f := check.Finding{Severity: check.Error, Target: check.Ref{Kind: "pod", Namespace: s.Namespace, Name: passage.Pod}}
	namespace, d, j, where := s.Namespace, netpolicy.Ingress, w.In, "in"
	if w.In.Allows() {
		namespace, d, j, where = all.Namespace, netpolicy.Egress, w.Out, "out"
	}
	f.Summary = fmt.Sprintf("%s of namespace %s %s not let %s %s to pod %s on port %s",
		policyNames(j.Policies), namespace, does(len(j.Policies)), who, where, passage.Pod, passage.Port)
	for _, r := range j.Rules {
		switch {
		case r.MatchesPeer && !r.MatchesPort:
			f.Cause = fmt.Sprintf("rule %d of %s lets %s %s, but only on %s", r.Index+1, r.Policy, r.PeersText, where, r.PortsText)
			if servicePort(s, r) {
				f.Cause += ": policies see the pod's port, not the Service's"
			}
			f.Fixes = []check.Fix{addPort(namespace, d, r, passage.Port)}
			return f
		case r.MatchesPort && !r.MatchesPeer && f.Cause == "":
			f.Cause = fmt.Sprintf("on that port rule %d of %s lets only %s", r.Index+1, r.Policy, r.PeersText)
		}
	}
	if f.Cause == "" {
		f.Cause = "no rule of them lets anything on that port"
	}
	f.Fixes = []check.Fix{addRule(namespace, d, j, all.Namespace, s.Namespace, passage.Port)}
	return f
}

// servicePort reports whether the rule names a port of the Service by its number.
func servicePort(s facts.ServiceInfo, r netpolicy.Rule) bool {
	return slices.ContainsFunc(s.Ports, func(p endpoints.Port) bool {
		return slices.Contains(r.Numbers, netpolicy.Port{Protocol: p.Protocol, Number: p.Number})
	})
}

func policyNames(names []string) string {
	if len(names) > 1 {
		return "NetworkPolicies " + strings.Join(names, ", ")
	}
	return "NetworkPolicy " + strings.Join(names, "")
}

func does(n int) string {
	if n > 1 {
		return "do"
	}
	return "does"
}
