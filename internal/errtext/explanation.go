package errtext

import (
	"slices"
	"strings"
)

// maxText bounds the bytes that Explain reads of one text.
const maxText = 64 << 10

// Explanation is what is known of an error's text. Target and Webhook are the only fields that come from the text; they
// hold letters, digits and `.:-_[]` alone. Everything else is ours.
type Explanation struct {
	Class  Class  `json:"class"`
	Cause  Cause  `json:"cause,omitempty"`
	Tunnel Answer `json:"tunnel"` // is it a matter for kubectl tunneldoctor: the tunnel, or the way from its agents to the target

	To      Destination `json:"to,omitempty"`
	Target  string      `json:"target,omitempty"`  // such as "10.224.0.5:10250", or a name without a port that was not resolved
	Webhook string      `json:"webhook,omitempty"` // the webhook's name, where the text names one

	Meaning string   `json:"meaning"`          // what happened
	Causes  []string `json:"causes,omitempty"` // hypotheses, most likely first
	Next    []string `json:"next"`             // what to do or to run next
	Source  string   `json:"source,omitempty"` // where the fact is from; empty for None
}

// Known reports whether the text was recognised.
func (e Explanation) Known() bool { return e.Class != None && e.Class != "" }

// ToCluster reports whether the API server (or an agent on its behalf) could not make a connection into the cluster.
func (e Explanation) ToCluster() bool {
	switch e.Class {
	case NoAgentConnected, TunnelReset, TunnelServerDown, DialFailed:
		return true
	case Timeout, Refused, Unreachable, Unresolved, NotTLS, NoServingCertificate, CertificateInvalid:
		return e.To != ToUnknown
	}
	return false
}

// Explain returns what the first row of the table that matches text says; Class is None where no row does. text is taken
// as one error, however it was wrapped; see ExplainAll for a log. The first 64 KiB are read. White space around text and
// "error: " before it change nothing.
func Explain(text string) Explanation {
	t := squeeze(bounded(text))
	for strings.HasPrefix(t, "error:") { // one that was wrapped or coloured
		t = t[len("error:"):]
	}
	e := Explanation{Target: target(t), Webhook: webhook(t)}
	e.To = destination(t)
	f := found{text: t, to: e.To, port: e.Target[strings.LastIndexByte(e.Target, ':')+1:], exit: exitCode(t)}
	for _, r := range table() {
		if r.matches(f) {
			e.Class, e.Cause, e.Tunnel, e.Meaning, e.Source = r.class, r.cause, r.tunnel, r.meaning, r.source
			e.Causes, e.Next = slices.Clone(r.causes), slices.Clone(r.next)
			return e
		}
	}
	return Explanation{
		Class: None, Tunnel: Maybe,
		Meaning: "No known error was found in this text.",
		Next:    []string{"paste the whole message, with what stands before the last colon", "kubectl tunneldoctor"},
	}
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
