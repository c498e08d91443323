package aksnode

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func TestJournalArgv(t *testing.T) {
	const journalctl = "journalctl --no-pager --quiet --output=short-iso "
	for want, s := range map[string]logSource{
		"--unit=kubelet --lines=all": {tail: -1},
		"_TRANSPORT=kernel --since=@1795690800 --case-sensitive=yes --grep=a b --lines=all": {
			kernel: true, since: "1h", grep: "a b", tail: -1,
		},
		"--dmesg --lines=5": {kernel: true, tail: 5},
		"--unit=a --unit=b --until=@1769860800 --lines=all": {
			units: []string{"a", "b"}, until: "2026-01-31T12:00:00Z", tail: -1,
		},
		"--unit=kubelet --lines=10 --follow":                      {follow: true, tail: -1},
		"--unit=kubelet --since=@1795694340 --lines=all --follow": {follow: true, since: "1m", tail: -1},
	} {
		if diff := cmp.Diff(journalctl+want, strings.Join(s.argv(noon), " ")); diff != "" {
			t.Error(diff)
		}
	}
}

func TestLogSourceRefuses(t *testing.T) {
	for want, s := range map[string]logSource{
		"used together":       {units: []string{"a"}, kernel: true, tail: -1},
		"absolute path":       {file: "var/log/x", tail: -1},
		"only the journal":    {file: "/var/log/x", since: "1h", tail: -1},
		"--tail is -2":        {tail: -2},
		"not the name of":     {units: []string{"a b"}, tail: -1},
		"--grep":              {grep: "(", tail: -1},
		"--since is \"soon\"": {since: "soon", tail: -1},
	} {
		if err := s.validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// TestFileScripts runs the scripts that are run on a node.
func TestFileScripts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a log")
	if err := os.WriteFile(file, []byte("one\ntwo\nthree\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		s    logSource
		want string
	}{
		{logSource{tail: -1}, "one\ntwo\nthree\n"},
		{logSource{tail: 1}, "three\n"},
		{logSource{tail: -1, grep: "^t"}, "two\nthree\n"},
		{logSource{tail: 1, grep: "o"}, "two\n"},
		{logSource{tail: 0}, ""},
		{logSource{tail: -1, grep: "nothing"}, ""},
	} {
		c.s.file = file
		argv := c.s.argv(noon)
		if out, err := exec.Command(argv[0], argv[1:]...).Output(); err != nil || string(out) != c.want {
			t.Errorf("%+v: %q, %v", c.s, out, err)
		}
	}
}

func TestKubeletQuery(t *testing.T) {
	s := logSource{units: []string{"kubelet", "docker"}, since: "1h", grep: "a b", tail: 3}
	_, query, err := s.kubeletQuery(noon)
	if want := "pattern=a+b&query=kubelet&query=docker&sinceTime=2026-11-26T11%3A00%3A00Z&tailLines=3"; err != nil || query.Encode() != want {
		t.Errorf("%s, %v", query.Encode(), err)
	}
	for file, want := range map[string]string{
		"/var/log/azure/x": "azure/x", `C:\var\log\kubelet.log`: "kubelet.log", "/etc/passwd": "", "/var/log/": "",
	} {
		s := logSource{file: file}
		if below, _, err := s.kubeletQuery(noon); below != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", file, below, err)
		}
	}
}

func TestLineFilter(t *testing.T) {
	for want, f := range map[string]*lineFilter{
		"abc\nb\nrest b":      {pattern: regexp.MustCompile("b"), tail: -1},
		"b\nrest b":           {pattern: regexp.MustCompile("b"), tail: 2},
		"abc\ndef\nb\nrest b": {tail: -1},
		"rest b":              {tail: 1},
		"":                    {tail: 0},
	} {
		var b bytes.Buffer
		f.to = &b
		for _, part := range []string{"ab", "c\nde", "f\nb\nrest b"} {
			if _, err := f.Write([]byte(part)); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Close(); err != nil || b.String() != want {
			t.Errorf("%q, want %q (%v)", b.String(), want, err)
		}
	}
}

func TestAnalytics(t *testing.T) {
	s := logSource{since: "1h", grep: `"x"`, tail: 5}
	got, err := s.analytics("kube-apiserver", noon)
	want := `AKSControlPlane
| where Category == "kube-apiserver"
| where TimeGenerated >= datetime(2026-11-26T11:00:00Z)
| where Message matches regex "\"x\""
| order by TimeGenerated desc
| take 5`
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if _, err := s.analytics(`x" | drop`, noon); err == nil {
		t.Error("an invalid category was accepted")
	}
}
