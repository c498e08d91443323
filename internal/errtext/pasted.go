package errtext

import (
	"slices"
	"strings"
)

const (
	maxPasted  = 1 << 20 // bytes that ExplainAll reads
	maxAnswers = 32      // explanations that it returns
	maxRecord  = 12      // lines of one wrapped error
	maxError   = 8       // lines that were pasted as one error, not as a log
)

// ExplainAll explains each error in a pasted text or log, in order, without duplicates: a second error with the same class,
// cause, destination, target and webhook is left out, or replaces the first if that is explained in general only; what says little
// beside an error that says more is left out too. A line that does not start a message and is not a known error by itself is treated
// as the continuation of the line before it. At most the first 1 MiB is read and 32 explanations are returned.
func ExplainAll(text string) []Explanation {
	var all []answer
	type key struct {
		class           Class
		cause           Cause
		to              Destination
		target, webhook string
	}
	seen := map[key]int{} // where in all
	add := func(a answer) {
		k := key{a.Class, a.Cause, a.To, a.Target, a.Webhook}
		switch at, again := seen[k]; {
		case again && all[at].general && !a.general:
			all[at] = a
		case a.Known() && !again && len(all) < maxAnswers:
			seen[k] = len(all)
			all = append(all, a)
		}
	}
	var r record
	lines := 0
	for line := range strings.Lines(text[:min(len(text), maxPasted)]) {
		line = strings.TrimSpace(line)
		alone := answer{}
		if line != "" {
			alone = answered(line)
			lines++
		}
		if line == "" || r.lines == maxRecord || r.lines > 0 && (begins(line) || r.alone.Known() && alone.Known()) {
			add(r.explain())
			r = record{}
		}
		if line != "" {
			r.add(line, alone)
		}
		if len(all) == maxAnswers {
			break
		}
	}
	add(r.explain())
	return told(all, lines <= maxError)
}

// answer is an explanation, the classes beside which it says nothing more, and whether others of its class say more.
type answer struct {
	Explanation
	beside  []Class
	general bool
}

func answered(text string) answer {
	e, r := explain(text)
	return answer{e, r.beside, r.general}
}

// told returns the explanations; in one pasted error without those that say nothing more beside others.
func told(all []answer, one bool) []Explanation {
	var list []Explanation
	for i, a := range all {
		says := true
		for j, other := range all {
			says = says && (i == j || !one || !slices.Contains(a.beside, other.Class))
		}
		if says {
			list = append(list, a.Explanation)
		}
	}
	return list
}

// record is the lines of one error, at most one of which is a known error by itself.
type record struct {
	text  strings.Builder
	lines int
	alone answer // of that line
}

func (r *record) add(line string, alone answer) {
	r.lines++
	if r.lines > 1 {
		r.text.WriteByte('\n')
	}
	r.text.WriteString(line)
	if alone.Known() {
		r.alone = alone
	}
}

// explain prefers the explanation of all lines together: in a wrapped error, the first part determines what the rest means.
func (r *record) explain() answer {
	if r.lines > 1 {
		if a := answered(r.text.String()); a.Known() {
			return a
		}
	}
	return r.alone
}

// begins reports whether line starts a new message: of kubectl or klog, with a timestamp, JSON, or a prompt.
func begins(line string) bool {
	lower := strings.ToLower(line[:min(len(line), 32)])
	for _, start := range []string{
		"error:", "error from server", "unable to connect", "the connection to", "warning:", "internal error", "{", "$ ",
	} {
		if strings.HasPrefix(lower, start) {
			return true
		}
	}
	isNumber := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	return len(line) > 5 && (strings.ContainsRune("EWIF", rune(line[0])) && isNumber(line[1:5]) || isNumber(line[:4]) && line[4] == '-')
}
