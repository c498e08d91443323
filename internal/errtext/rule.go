package errtext

import (
	"slices"
	"strings"
	"sync"
)

// rule is a row of the table. It matches a text if all its conditions hold; empty ones always do. A phrase is text that must
// occur; "…" in it matches anything, "^" and "$" match the ends of the text. No phrase may start with "error:", which
// Explain removes.
type rule struct {
	when []string      // any of these phrases occurs
	and  []string      // any of these phrases occurs too
	not  []string      // none of these phrases occurs
	to   []Destination // the destination is one of these
	port []string      // the target's port is one of these
	exit []int         // the exit code is one of these

	// beside are the classes of errors beside which, in one pasted error, this one says nothing more.
	beside []Class

	class   Class
	cause   Cause
	tunnel  Answer
	meaning string
	causes  []string
	next    []string
	source  string
}

// table is the ordered table, with squeezed phrases. Service Connector, workload identity, Key Vault and databases come first, because
// their phrases are their own; then policies, because a denial may quote anything; then errors of proxies, virtual nodes, logins, nodes,
// Azure, containers, metrics, webhooks, agents, reverse proxies, pods, watches and clients, because they determine what the rest of the
// text is about; then the tunnel, the target, what client libraries report, the API server's own errors, and last what is only a note.
var table = sync.OnceValue(func() []rule {
	rules := slices.Concat(
		vaultRules(), connectorRules(), identityRules(), dataServiceRules(),
		policyRules(), proxyRules(), virtualRules(), loginRules(), eventRules(), nodeRules(), azureRules(), copyRules(), containerRules(),
		autoscalerRules(), metricsRules(), webhookRules(), agentRules(), serverRules(), reverseRules(), insideRules(),
		watchRules(), clientRules(), tunnelRules(), targetRules(), libraryRules(),
		answerRules(), noteRules(),
	)
	for i, r := range rules {
		rules[i].when, rules[i].and, rules[i].not = squeezed(r.when), squeezed(r.and), squeezed(r.not)
	}
	return rules
})

func squeezed(phrases []string) []string {
	all := make([]string, len(phrases))
	for i, p := range phrases {
		all[i] = squeeze(p)
	}
	return all
}

// found is what is known about a text, whatever row matches it.
type found struct {
	text  string // squeezed
	pairs *pairs // of the text
	to    Destination
	port  string // of the target
	exit  int
}

func (r rule) matches(f found) bool {
	if r.to != nil && !slices.Contains(r.to, f.to) || r.port != nil && !slices.Contains(r.port, f.port) ||
		r.exit != nil && !slices.Contains(r.exit, f.exit) {
		return false
	}
	in := func(phrase string) bool { return f.pairs.mayHave(phrase) && occurs(f.text, phrase) }
	return slices.ContainsFunc(r.when, in) && (len(r.and) == 0 || slices.ContainsFunc(r.and, in)) && !slices.ContainsFunc(r.not, in)
}

// occurs reports whether phrase occurs in t; both are squeezed.
func occurs(t, phrase string) bool {
	phrase, start := strings.CutPrefix(phrase, "^")
	phrase, end := strings.CutSuffix(phrase, "$")
	for first, more := true, true; more; first = false {
		var part string
		part, phrase, more = strings.Cut(phrase, "…")
		switch last := !more; {
		case first && start && last && end:
			return t == part
		case last && end:
			return strings.HasSuffix(t, part)
		case first && start:
			if !strings.HasPrefix(t, part) {
				return false
			}
			t = t[len(part):]
		default:
			at := strings.Index(t, part)
			if at < 0 {
				return false
			}
			t = t[at+len(part):]
		}
	}
	return true
}
