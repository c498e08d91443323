package errtext

import (
	"slices"
	"strings"
)

// maxText limits the bytes that Explain reads of one text.
const maxText = 64 << 10

// Explanation is what an error message means. Only Target, Webhook and the number of an error of Entra ID in Next come from the text;
// they consist of letters, digits and `.:-_[]`. Everything else is from the table.
type Explanation struct {
	Class Class `json:"class"`
	Cause Cause `json:"cause,omitempty"`
	// Tunnel is whether the error is related to the tunnel, including the connections from its agents to the target: whether
	// kubectl tunneldoctor helps.
	Tunnel Answer `json:"tunnel"`

	To      Destination `json:"to,omitempty"`
	Target  string      `json:"target,omitempty"`  // such as "10.224.0.5:10250", or only a name if it could not be resolved
	Webhook string      `json:"webhook,omitempty"` // the webhook's name; empty if the text has none

	Meaning string   `json:"meaning"`          // what happened
	Causes  []string `json:"causes,omitempty"` // possible causes, most likely first
	Next    []string `json:"next"`             // what to do or run next
	Source  string   `json:"source,omitempty"` // URL of the documentation or code; empty for None
}

// Known reports whether the text was recognized.
func (e Explanation) Known() bool { return e.Class != None && e.Class != "" }

// Clause returns the first sentence of the meaning as a part of another: without its period, and with its article in lower case.
func (e Explanation) Clause() string {
	text, _, _ := strings.Cut(strings.TrimSuffix(e.Meaning, "."), ". ")
	if first, _, _ := strings.Cut(text, " "); slices.Contains([]string{"The", "A", "An", "No"}, first) {
		return strings.ToLower(first) + text[len(first):]
	}
	return text
}

// ToCluster reports whether the API server, or an agent on its behalf, could not connect into the cluster.
func (e Explanation) ToCluster() bool {
	switch e.Class {
	case NoAgentConnected, TunnelReset, TunnelServerDown, DialFailed:
		return true
	case Timeout, Refused, Unreachable, Unresolved, NotTLS, NoServingCertificate, CertificateInvalid:
		return e.To != ToUnknown
	}
	return false
}

// Explain returns the explanation of the first row of the table that matches text; its Class is None if no row does. text is
// one error, possibly wrapped; for logs see ExplainAll. The first 64 KiB are read. White space around text and "error: "
// before it are ignored.
func Explain(text string) Explanation {
	e, _ := explain(text)
	return e
}

// explain is Explain, and returns the row that matched, which is empty if none did.
func explain(text string) (e Explanation, matched rule) {
	t := squeeze(bounded(text))
	for strings.HasPrefix(t, "error:") { // it may have been wrapped or colored
		t = t[len("error:"):]
	}
	e = Explanation{Target: target(t), Webhook: webhook(t)}
	e.To = destination(t)
	t = delimited(t)
	f := found{text: t, pairs: pairsOf(t), to: e.To, port: e.Target[strings.LastIndexByte(e.Target, ':')+1:], exit: exitCode(t)}
	for _, r := range table() {
		if r.matches(f) {
			e.Class, e.Cause, e.Tunnel, e.Meaning, e.Source = r.class, r.cause, r.tunnel, r.meaning, r.source
			e.Causes, e.Next = slices.Clone(r.causes), numbered(r.next, t)
			return e, r
		}
	}
	return Explanation{
		Class: None, Tunnel: Maybe,
		Meaning: "The text contains no known error.",
		Next:    []string{"paste the whole message, including everything before the last colon", "kubectl tunneldoctor"},
	}, rule{}
}

func bounded(text string) string {
	for {
		text = strings.TrimSpace(text)
		if len(text) < len("error:") || !strings.EqualFold(text[:len("error:")], "error:") {
			return text[:min(len(text), maxText)]
		}
		text = text[len("error:"):]
	}
}
