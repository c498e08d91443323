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
	// general is whether any other row of the same class says more: in a pasted text, its explanation replaces this one's.
	general bool

	class   Class
	cause   Cause
	tunnel  Answer
	meaning string
	causes  []string
	next    []string
	source  string
}

// table is the ordered table, with squeezed phrases. Key Vault, Service Connector, workload identity, Entra ID and data services come
// first, because their phrases are their own; then policies, because a denial may quote anything; then errors of proxies, virtual nodes,
// logins, nodes, Azure, containers, metrics, webhooks, agents, reverse proxies, pods, watches, Azure's services, clients and Helm, because
// they determine what the rest of the text is about; then the tunnel, the target, what client libraries report, the API server's own
// errors, and last what is only the outer part of an error, or a note.
var table = sync.OnceValue(func() []rule {
	rules := slices.Concat(
		providerRules(), vaultRules(), vaultClientRules(), installerRules(), connectorRules(), connectionRules(), identityRules(),
		entraRules(),
		credentialRules(), identityWebhookRules(), dataServiceRules(), policyRules(), proxyRules(), virtualRules(), entraUserRules(),
		chainRules(), loginRules(), entraRest(), vaultRest(),
		eventRules(), nodeRules(), azureRules(), resourceRules(), copyRules(), containerRules(), autoscalerRules(), metricsRules(),
		webhookRules(), agentRules(), serverRules(), reverseRules(), insideRules(), watchRules(), beyondRules(), clientRules(), helmRules(),
		tunnelRules(), targetRules(), libraryRules(), answerRules(), helmRest(), signInRest(), resourceRest(), noteRules(),
	)
	for i, r := range rules {
		rules[i].when, rules[i].and, rules[i].not = squeezed(r.when), squeezed(r.and), squeezed(r.not)
	}
	return rules
})

// rowOf returns a function that returns a row of a class which the tunnel has no part in.
func rowOf(c Class) func(source, meaning string, causes, next []string, when ...string) rule {
	return func(source, meaning string, causes, next []string, when ...string) rule {
		return rule{when: when, class: c, tunnel: No, meaning: meaning, causes: causes, next: next, source: source}
	}
}

// codes returns phrases for error codes that are ordinary words when white space is ignored: as az and the libraries print codes.
func codes(names ...string) []string {
	var all []string
	for _, n := range names {
		all = append(all, "("+n+")", "code:"+n, "code="+n, "^"+n+":")
	}
	return all
}

// numbers returns phrases for the numbers of databases' errors, or SQLSTATEs, as clients print them.
func numbers(all ...string) []string {
	var phrases []string
	for _, n := range all {
		phrases = append(phrases, "error "+n, "error number "+n, "error code "+n, "error code: "+n, "number: "+n, "msg "+n,
			"SQLSTATE "+n, "SQLSTATE: "+n, "SQLSTATE="+n, "SQLSTATE["+n+"]", "code: "+n, "(SQLSTATE "+n+")", "^"+n+":")
	}
	return phrases
}

// with returns the row for texts in which one of the phrases occurs too.
func (r rule) with(phrases ...string) rule {
	r.and = phrases
	return r
}

// without returns the row for texts in which none of the phrases occurs.
func (r rule) without(phrases ...string) rule {
	r.not = phrases
	return r
}

// asGeneral returns the row as one beside which any other of its class says more.
func (r rule) asGeneral() rule {
	r.general = true
	return r
}

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
