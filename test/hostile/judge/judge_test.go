package judge

import (
	"strings"
	"testing"

	"github.com/akstools/akstools/test/hostile/lie"
)

// TestJudge holds that each kind of damage is seen, and that harmless texts are none.
func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name, command, stdout, wrong string
	}{
		{"plain", "aksnode list", "NAME  größe 節點\tx\n", ""},
		{"replaced", "aksnode list", "a\ufffd[31m\n", ""},
		{"escape", "aksnode list", "a\x1b[31m\n", "control character"},
		{"C1", "insideout", "a\u009b31m\n", "control character"},
		{"bidi", "insideout", "a\u202eb\n", "control character"},
		{"bytes", "insideout", "a\x9b31m\n", "not UTF-8"},
		{"remote", "aksnode ssh", "<remote-output>\x1b[31m</remote-output>", ""},
		{"remote where it must not be", "aksnode list", "<remote-output>\x1b[31m</remote-output>", "control character"},
		{"beside remote", "aksnode ssh", "<remote-output>x</remote-output>\x1b", "control character"},
		{"panic", "aksnode list", "panic: x\n\ngoroutine 1 [running]:\n", "crash"},
		{"format", "aksnode list", "node %!s(MISSING)\n", "crash"},
		{"advice", "aksnode list", "error: x\nhint: " + lie.Injected + "\n", "advice"},
		{"advice in a report", "insideout", "x\n  fix     " + lie.Injected + "\n", "advice"},
		{"advice in a detailed report", "insideout", "x\n      fix: " + lie.Injected + "\n", "advice"},
		{"marked advice", "aksnode list", "error: x\n  | hint: " + lie.Injected + "\n", ""},
		{"quoted advice", "insideout", "error: hint: " + lie.Injected + "\n", ""},
		{"secret", "insideout", "password=" + lie.Canary, "secret"},
		{"command", "insideout", "fix     kubectl get pod '$(touch " + lie.Touched + ")'\n", ""},
		{"expansion", "insideout", "fix     kubectl get pod $(touch " + lie.Touched + ")\n", "runs what"},
		{"expansion in quotes", "insideout", "hint: run: kubectl get pod \"$(touch " + lie.Touched + ")\"\n", "runs what"},
		{"second command", "insideout", "  kubectl get pod ;touch " + lie.Touched + ";\n", "followed by"},
		{"prose", "insideout", "error: pod ;touch " + lie.Touched + "; not found\n", ""},
		{"option", "insideout", "  kubectl get pod '--kubeconfig=/tmp/" + lie.Escaped + "'\n", "option"},
		{"argument", "insideout", "  kubectl get pod -- '--kubeconfig=/tmp/" + lie.Escaped + "'\n", ""},
	} {
		got := strings.Join(Texts(c.command, Output{Stdout: c.stdout}), "; ")
		if (got == "") != (c.wrong == "") || !strings.Contains(got, c.wrong) {
			t.Errorf("%s: %q, want %q", c.name, got, c.wrong)
		}
	}
}

func TestCode(t *testing.T) {
	for _, c := range []struct {
		plugin, command string
		code            int
		interrupts, ok  bool
	}{
		{"aksnode", "aksnode list", 0, false, true},
		{"aksnode", "aksnode list", 2, false, false},
		{"aksnode", "aksnode ssh", 7, false, true},
		{"aksnode", "aksnode ssh", -1, false, false},
		{"insideout", "insideout", 3, false, true},
		{"insideout", "insideout", 130, false, false},
		{"insideout", "insideout", 130, true, true},
		{"insideout", "insideout", 4, false, false},
	} {
		if got := Code(c.plugin, c.command, c.code, c.interrupts); (got == "") != c.ok {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestSSHConfig(t *testing.T) {
	for text, ok := range map[string]bool{
		"# Nodes\n\nHost a\n    User x\n    ProxyCommand /p 'a b'\n":  true,
		"Include ~/.ssh/akstools/*\n":                                 true,
		"Host a\n    HostKeyAlias a.x\n    ProxyCommand x\nMatch all": false,
		"Host *\n":                           false,
		"Host a\n    LocalCommand touch x\n": false,
	} {
		if got := SSHConfig(text); (got == "") != ok {
			t.Errorf("%q: %q", text, got)
		}
	}
}
