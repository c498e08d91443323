package errtext

import "strings"

const (
	maxPasted  = 1 << 20 // bytes that ExplainAll reads
	maxAnswers = 32      // explanations that it gives
	maxRecord  = 12      // lines that are taken as one wrapped error
)

// ExplainAll explains each error of a pasted text or log, in order, and each kind of error once: a second one of the same
// class, cause, destination and target is left out. Lines that start no message of their own and say nothing alone are
// taken as the rest of the line before them. The first 1 MiB is read and at most 32 explanations are given.
func ExplainAll(text string) []Explanation {
	var all []Explanation
	type key struct {
		class           Class
		cause           Cause
		to              Destination
		target, webhook string
	}
	seen := map[key]bool{}
	add := func(e Explanation) {
		k := key{e.Class, e.Cause, e.To, e.Target, e.Webhook}
		if e.Known() && !seen[k] && len(all) < maxAnswers {
			seen[k] = true
			all = append(all, e)
		}
	}
	var r record
	for line := range strings.Lines(text[:min(len(text), maxPasted)]) {
		line = strings.TrimSpace(line)
		alone := Explanation{Class: None}
		if line != "" {
			alone = Explain(line)
		}
		if line == "" || r.lines == maxRecord || r.lines > 0 && (begins(line) || r.alone.Known() && alone.Known()) {
			add(r.explain())
			r = record{}
		}
		if line != "" {
			r.add(line, alone)
		}
		if len(all) == maxAnswers {
			return all
		}
	}
	add(r.explain())
	return all
}

// record is the lines that are taken as one error, of which at most one is known alone.
type record struct {
	text  strings.Builder
	lines int
	alone Explanation
}

func (r *record) add(line string, alone Explanation) {
	if r.lines++; r.lines > 1 {
		r.text.WriteByte('\n')
	}
	r.text.WriteString(line)
	if alone.Known() {
		r.alone = alone
	}
}

// explain prefers what the lines say together: the first part of a wrapped error decides what the second means.
func (r *record) explain() Explanation {
	if r.lines > 1 {
		if e := Explain(r.text.String()); e.Known() {
			return e
		}
	}
	return r.alone
}

// begins reports whether line is the start of a message: kubectl's, klog's, a time stamp, JSON, a prompt.
func begins(line string) bool {
	lower := strings.ToLower(line[:min(len(line), 32)])
	for _, start := range []string{"error:", "error from server", "unable to connect", "the connection to", "warning:", "internal error", "{", "$ "} {
		if strings.HasPrefix(lower, start) {
			return true
		}
	}
	isNumber := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	return len(line) > 5 && (strings.ContainsRune("EWIF", rune(line[0])) && isNumber(line[1:5]) || isNumber(line[:4]) && line[4] == '-')
}
