// Package judge says what is wrong with a run of a program whose input was hostile.
package judge

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/akstools/akstools/test/hostile/lie"
	"github.com/akstools/akstools/test/hostile/table"
)

// Output is what a program wrote.
type Output struct {
	Stdout, Stderr string
}

// exact are the commands whose stdout is that of a program on the node, byte by byte; remote are those whose stderr is, too; openssh
// are those that run ssh or scp, which end the lines of their messages with CR LF.
var (
	exact   = map[string]bool{"aksnode ssh": true, "aksnode run": true, "aksnode proxy": true, "aksnode logs": true, "tunneldoctor logs": true}
	remote  = map[string]bool{"aksnode ssh": true, "aksnode run": true, "aksnode logs": true}
	openssh = map[string]bool{"aksnode ssh": true, "aksnode cp": true}
)

// Texts returns what is wrong with the output of the command.
func Texts(command string, o Output) []string {
	if exact[command] {
		o.Stdout = lie.WithoutRemote(o.Stdout)
	}
	if remote[command] {
		o.Stderr = lie.WithoutRemote(o.Stderr)
	}
	if openssh[command] {
		o.Stderr = strings.ReplaceAll(o.Stderr, "\r\n", "\n")
	}
	var wrong []string
	for _, part := range []struct{ name, text string }{{"stdout", o.Stdout}, {"stderr", o.Stderr}} {
		judge := Text
		if part.name == "stdout" && page(part.text) {
			judge = plain
		}
		for _, w := range judge(part.text) {
			wrong = append(wrong, part.name+": "+w)
		}
		text := lie.WithoutRemote(part.text)
		if i := strings.Index(text, lie.Canary); i >= 0 {
			wrong = append(wrong, fmt.Sprintf("%s: a secret: %s", part.name, around(text, i)))
		}
	}
	return wrong
}

var (
	crash = regexp.MustCompile(`panic: |goroutine \d+ \[|runtime error: |panicked|SIGSEGV|fatal error: |%!\w?\(|%!\w=|invalid memory address`)
	// crashes are words of which each match of crash has one.
	crashes = []string{
		"panic: ", "goroutine ", "runtime error: ", "panicked", "SIGSEGV", "fatal error: ", "%!", "invalid memory address",
	}
	// advice is a line that looks like one of ours and comes from the cluster: of an error, of a report or of a detailed one.
	advice = regexp.MustCompile(`(?m)^(?:(?:hint|to do|fix|error|warning|note|next): *|  (?:fix|or|cause|also) {2,}|      (?:fix|cause): )` +
		regexp.QuoteMeta(lie.Injected))
	// command is the beginning of a command that is printed to be pasted.
	command = regexp.MustCompile(`(?m)(?:^ *|: |evidence: +|fix +|or +)((?:kubectl|az|sh|bash|curl|nslookup|nc|openssl) .*)$`)
)

// page reports whether the text is an HTML page. Its lines are none that a reader sees: boxes show what is evidence of the cluster.
// test/pages checks what is in it.
func page(text string) bool {
	const doctype = "<!doctype html>"
	return len(text) >= len(doctype) && strings.EqualFold(text[:len(doctype)], doctype)
}

// Text returns what is wrong with a text for people or programs that no remote program wrote.
func Text(text string) (wrong []string) {
	wrong = plain(text)
	if at := advice.FindStringIndex(text); at != nil {
		wrong = append(wrong, "advice from the cluster on a line of its own: "+around(text, at[0]))
	}
	for _, match := range command.FindAllStringSubmatch(text, -1) {
		if w := Command(match[1]); w != "" && !injected(match[1]) {
			wrong = append(wrong, w)
		}
	}
	return wrong
}

// injected reports whether the line is one that a word of the cluster holds, and no command of ours. In JSON, the kind and the name of an
// object are apart: there the word is cut at its first slash.
func injected(line string) bool {
	kind, _, _ := strings.Cut(lie.Injected, "/")
	return strings.HasPrefix(line, lie.Injected) || strings.HasPrefix(line, kind+`"`)
}

// plain returns what is wrong with a text of any format.
func plain(text string) (wrong []string) {
	if i := strings.IndexFunc(text, control); i >= 0 {
		wrong = append(wrong, "a control character: "+around(text, i))
	}
	if !utf8.ValidString(text) {
		wrong = append(wrong, "not UTF-8: "+around(text, invalid(text)))
	}
	if !slices.ContainsFunc(crashes, func(word string) bool { return strings.Contains(text, word) }) {
		return wrong // the expression takes seconds on a page of some megabytes
	}
	if at := crash.FindStringIndex(text); at != nil {
		wrong = append(wrong, "a crash: "+around(text, at[0]))
	}
	return wrong
}

// Command returns what is wrong with a command that is printed to be pasted, or "".
func Command(line string) string {
	words, rest, err := table.Words(line)
	switch {
	case errors.Is(err, table.ErrUnterminated): // a command in a sentence that is wrapped: a shell waits for the rest
		return ""
	case err != nil && strings.Contains(line, lie.Touched) && strings.Contains(err.Error(), "touch"):
		return fmt.Sprintf("a command that runs what the cluster says: %.300q: %v", line, err)
	case strings.Contains(rest, "touch "+lie.Touched):
		return fmt.Sprintf("a command that is followed by one of the cluster's: %.300q", line)
	}
	return Argv(words)
}

// Argv returns what is wrong with the words of a command, or "".
func Argv(words []string) string {
	for _, w := range words {
		if w == "" {
			continue
		}
		if w == "--" {
			break
		}
		foreign := strings.HasPrefix(w, "-oProxyCommand=touch") || strings.HasPrefix(w, "--kubeconfig=/tmp/"+lie.Escaped)
		if foreign || words[0] == "az" && w[0] == '@' { // az reads the file
			return fmt.Sprintf("a command with an option of the cluster's: %.300q", words)
		}
	}
	return ""
}

// control reports whether a terminal would act on the character: C0 except line breaks and tabs, C1, and what reorders or hides text.
func control(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case unicode.IsControl(r), r == '\u2028', r == '\u2029', r == '\u061c', r == '\ufeff':
		return true
	}
	return r >= '\u200b' && r <= '\u200f' && r != '\u200d' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

func invalid(text string) int {
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd") {
			return i
		}
	}
	return 0
}

// around returns the text near the index, quoted.
func around(text string, i int) string { return fmt.Sprintf("%.200q", text[max(0, i-60):]) }
