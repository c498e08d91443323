package cmdline

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// hostile are words that a shell takes for something else if they are not quoted.
var hostile = []string{
	"", " ", "a b", "'", `\'`, `a\`, `\`, `\\`, `'\''`, "$(id)", "`id`", "${IFS}", ";", "&calc&", "|", "<x", ">x", "*", "?", "~", "#x", "!x",
	"{a,b}", "[a]", "(id)", "@args", "%x%", "a,b", "-a.b", "-a:b", "--", `"`, `a "b" c`, `C:\my dir\`, "‘;calc;’", `x\ty`, "a=b", "é",
	`{"a":"b c"}`, "a\nb",
}

// TestShells holds that shells read back the words that were quoted for them.
func TestShells(t *testing.T) {
	for _, shell := range []string{"dash", "bash", "fish", "busybox", "zsh"} {
		path, err := exec.LookPath(shell)
		if err != nil {
			t.Logf("no %s here", shell)
			continue
		}
		args := []string{"-c", Posix(append([]string{"printf", `%s\0`}, hostile...))}
		if shell == "busybox" {
			args = append([]string{"sh"}, args...)
		}
		out, err := exec.Command(path, args...).Output()
		if err != nil {
			t.Fatalf("%s: %v", shell, err)
		}
		if diff := cmp.Diff(hostile, strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")); diff != "" {
			t.Errorf("%s: %s", shell, diff)
		}
	}
}

// fishWords splits a line as fish does (https://fishshell.com/docs/current/language.html#quotes), where no character but quotes,
// backslashes and blanks is special.
func fishWords(line string) (words []string) {
	var word strings.Builder
	quote, started := rune(0), false
	runes := []rune(line)
	for i := 0; i < len(runes); i++ {
		c := runes[i]
		escapes := `\` + string(quote)
		if quote == 0 {
			escapes = `\'"`
		}
		switch {
		case c == '\\' && i+1 < len(runes) && strings.ContainsRune(escapes, runes[i+1]):
			i++
			word.WriteRune(runes[i])
			started = true
		case c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote, started = c, true
		case quote == 0 && c == ' ':
			words = append(words, word.String())
			word.Reset()
			started = false
		default:
			word.WriteRune(c)
			started = true
		}
	}
	if started {
		words = append(words, word.String())
	}
	return words
}

// TestFish holds that fish, which takes a backslash within single quotes for an escape, reads back the words, also where there is no fish.
func TestFish(t *testing.T) {
	if diff := cmp.Diff(hostile, fishWords(Posix(hostile))); diff != "" {
		t.Error(diff)
	}
	for _, w := range []string{`a\`, `x\'y`, `a\\b`} {
		if got := fishWords(Posix([]string{w, ";calc"})); !slices.Equal(got, []string{w, ";calc"}) {
			t.Errorf("%s: %q", w, got)
		}
	}
}

// TestQuoteOn holds that commands are for PowerShell on Windows, and elsewhere for a POSIX shell.
func TestQuoteOn(t *testing.T) {
	argv := []string{"curl", "/';calc;'"}
	for system, want := range map[string]string{"windows": PowerShell(argv), "linux": Posix(argv), "darwin": Posix(argv)} {
		if got := quoteOn(system, argv); got != want {
			t.Errorf("%s: %s, want %s", system, got, want)
		}
	}
}

func TestPowerShell(t *testing.T) {
	for word, want := range map[string]string{
		"get":                           "get",
		"--context=prod":                "--context=prod",
		"svc/web":                       "svc/web",
		"a:b.c":                         "a:b.c",
		"-a.b":                          "'-a.b'",
		"a,b":                           "'a,b'",
		"@x":                            "'@x'",
		"":                              "''",
		"/x&calc&":                      "'/x&calc&'",
		"/';calc;'":                     "'/'';calc;'''",
		"‘;calc;’":                      "'‘‘;calc;’’'",
		"$(calc)":                       "'$(calc)'",
		`C:\my dir\`:                    `'C:\my dir\\'`,
		`C:\dir\`:                       `'C:\dir\'`,
		`/x" --output y`:                `'/x\" --output y'`,
		`a\"b`:                          `'a\\\"b'`,
		`{"a":{"b c":[1,null]}}`:        "'{''a'': {''b c'': [1, null]}}'",
		`[{"op":"add","value":"it's"}]`: "'[{''op'': ''add'', ''value'': ''it''''s''}]'",
		`{"a":"\n"}`:                    `'{\"a\":\"\n\"}'`,
		`{"a" x`:                        `'{\"a\" x'`,
	} {
		if got := PowerShell([]string{word}); got != want {
			t.Errorf("%s: got %s, want %s", word, got, want)
		}
	}
}
