package check

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/cmdline"
)

// Severity orders findings.
type Severity string

// The severities. Info does not affect the verdict.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

// AtLeast reports whether s is as severe as least, or more.
func (s Severity) AtLeast(least Severity) bool { return s.rank() >= least.rank() }

func (s Severity) rank() int {
	switch s {
	case Error:
		return 3
	case Warning:
		return 2
	case Info:
		return 1
	}
	return 0
}

// Ref names an object. Kind is lower case, as in `kubectl get KIND/NAME`.
type Ref struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

func (r Ref) String() string { return r.Kind + "/" + r.Name }

// Fix is one way to fix what was found.
type Fix struct {
	Title    string            `json:"title"`              // a verb phrase
	Commands []cmdline.Command `json:"commands,omitempty"` // in order; empty where no command does it
	// Placeholders are words of the commands that the user replaces, because this program does not know the value.
	Placeholders []Placeholder `json:"placeholders,omitempty"`
	Disruptive   bool          `json:"disruptive"` // it interrupts something that works now
	// Weakens is how it weakens a protection, as a clause; empty: it weakens none. Run puts such fixes after others.
	Weakens string `json:"weakens,omitempty"`
	// Template names what to change where Bicep or Terraform manages the object, which would undo the commands; empty: nothing.
	Template string `json:"template,omitempty"`
}

// FullTitle is the title with the side effects of the fix.
func (f Fix) FullTitle() string {
	title := f.Title
	if f.Disruptive {
		title += " (interrupts what works now)"
	}
	if f.Weakens != "" {
		title += " (weakens protection: " + f.Weakens + ")"
	}
	return title
}

// Evidence is a command with which the user sees what this program saw, and lines of its output.
type Evidence struct {
	// Source is zero where a bundle gave a command that is not shown.
	Source cmdline.Command `json:"source"`
	Lines  []string        `json:"lines,omitempty"`
}

// Finding is a problem of an object, or something worth knowing about it.
type Finding struct {
	Code     string   `json:"code"` // the check's; the engine fills it in
	Severity Severity `json:"severity"`
	Target   Ref      `json:"target"`
	Also     []Ref    `json:"also,omitempty"` // other objects with the same trouble
	Summary  string   `json:"summary"`        // what is wrong: one line, present tense, with the values that decide it
	Cause    string   `json:"cause"`          // why, one sentence
	Fixes    []Fix    `json:"fixes,omitempty"`
	// Evidence is what the check gave and, which the engine adds, that of the facts which the check read. Findings of one check may
	// share the slice.
	Evidence []Evidence `json:"evidence,omitempty"`
}

// About returns the finding as one about the objects, which have the same problem: Target is the first of them, Also are the others.
// The summary gets their number, if there are more than one of the noun in total, such as " (2 of 3 pods)".
func (f Finding) About(objects []Ref, total int, noun string) Finding {
	f.Target, f.Also = objects[0], objects[1:]
	if total > 1 {
		f.Summary += fmt.Sprintf(" (%d of %d %s)", len(objects), total, noun)
	}
	return f
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
