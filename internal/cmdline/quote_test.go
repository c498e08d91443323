package cmdline

import (
	"os/exec"
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
