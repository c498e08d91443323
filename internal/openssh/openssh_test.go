package openssh

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// key is a public key as ssh-keygen writes it.
const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1dKl3XBRGqI4yj6fWoVhbFqZ9Wf6Yh5LzLZ1m8vT0a"

// After ssh has replaced tokens, a shell gets each argument back unchanged.
func TestProxyCommand(t *testing.T) {
	for _, hostile := range []string{
		"plain", "a b", "it's", "$(reboot)", "`x`", "%h", "%%", "", "new\nline", `"quoted"`, `back\slash`, "*", "-oProxyCommand=x", "ü",
	} {
		line, err := ProxyCommand([]string{"printf", "%s|", hostile}, "linux")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.ReplaceAll(line, "%%", ""), "%") {
			t.Errorf("%q: a token is left in %q", hostile, line)
		}
		out, err := exec.Command("sh", "-c", strings.ReplaceAll(line, "%%", "%")).Output()
		if err != nil || string(out) != hostile+"|" {
			t.Errorf("%q became %q (%v)", hostile, out, err)
		}
	}
}

// On Windows, the program gets each argument back unchanged, from Microsoft's ssh and from Git's, or the argument is refused.
func TestProxyCommandOnWindows(t *testing.T) {
	argv := []string{`C:\Program Files\krew\kubectl-aksnode.exe`, "proxy", "aksnpwin000000", "22", `--kubeconfig=C:\Users\a\config`}
	want := `"C:\Program Files\krew\kubectl-aksnode.exe" proxy aksnpwin000000 22 "--kubeconfig=C:\Users\a\config"`
	if got, err := ProxyCommand(argv, "windows"); got != want || err != nil {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	for _, a := range []string{
		"", "plain", "a b", `C:\dir\`, `C:\my dir\`, `a b\\`, `\`, "it's", "a;b", "a&b|c", "<a>", "(a)", "*", "%h", "^", "!", "ü", "#",
	} {
		line, err := ProxyCommand([]string{"printf", "%s|", a, "next"}, "windows")
		if err != nil {
			t.Errorf("%q: %v", a, err)
			continue
		}
		line = strings.ReplaceAll(line, "%%", "%")
		if got := commandLineToArgv(line); len(got) != 4 || got[2] != a || got[3] != "next" {
			t.Errorf("%q: %s is split into %q", a, line, got)
		}
		if strings.Contains(a, `\\`) {
			continue // a shell makes one backslash of two
		}
		if out, err := exec.Command("sh", "-c", line).Output(); err != nil || string(out) != a+"|next|" {
			t.Errorf("%q: a shell makes %q of %s (%v)", a, out, line, err)
		}
	}
	for _, a := range []string{`a"b`, `"`, `a\"`, "$(calc)", "`calc`", "a\nb", "a\x00b"} {
		if line, err := ProxyCommand([]string{"proxy", "--reason=" + a}, "windows"); err == nil {
			t.Errorf("%q was accepted: %s", a, line)
		}
	}
}

// commandLineToArgv splits a line as programs on Windows do, which have no shell
// (https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments).
func commandLineToArgv(line string) (argv []string) {
	var arg strings.Builder
	quoted, started, backslashes := false, false, 0
	flush := func(n int) {
		arg.WriteString(strings.Repeat(`\`, n))
		backslashes = 0
	}
	for _, c := range line {
		switch {
		case c == '\\':
			backslashes++
			started = true
		case c == '"':
			odd := backslashes%2 == 1
			flush(backslashes / 2)
			started = true
			if odd {
				arg.WriteRune('"')
			} else {
				quoted = !quoted
			}
		case c == ' ' && !quoted:
			flush(backslashes)
			if started {
				argv = append(argv, arg.String())
			}
			arg.Reset()
			started = false
		default:
			flush(backslashes)
			arg.WriteRune(c)
			started = true
		}
	}
	flush(backslashes)
	if started {
		argv = append(argv, arg.String())
	}
	return argv
}

// OpenSSH itself reads the configuration as it is meant.
func TestConfig(t *testing.T) {
	h := Host{
		Node: "aksnpwin000000", UID: "1-2", User: "azure user", Identity: `/home/a b/key%1`, KnownHosts: "/home/a b/known_hosts", Pinned: true,
		Proxy: []string{"/opt/a b/kubectl-aksnode", "proxy", "aksnpwin000000", "22", "--context=it's %h"},
	}
	file := filepath.Join(t.TempDir(), "config")
	section, err := h.Config()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(section), 0o600); err != nil {
		t.Fatal(err)
	}
	arguments, err := h.Args()
	if err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{"file": {"-F", file}, "arguments": append([]string{"-F", "none"}, arguments...)} {
		out, err := exec.Command("ssh", append(append([]string{"-G"}, args...), h.Node)...).CombinedOutput()
		if errors.Is(err, exec.ErrNotFound) {
			t.Skip("no ssh on this computer")
		}
		if err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		for _, want := range []string{
			"user azure user", "hostkeyalias aksnpwin000000.1-2", "userknownhostsfile /home/a b/known_hosts", "stricthostkeychecking true",
			"identityfile /home/a b/key%%1", `proxycommand '/opt/a b/kubectl-aksnode' proxy aksnpwin000000 22 '--context=it'\''s %%h'`,
		} {
			if !strings.Contains(string(out), want+"\n") {
				t.Errorf("%s: no %q in\n%s", name, want, out)
			}
		}
	}
}

func TestCheckIdentity(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name, content string
		mode          os.FileMode
		want, hint    string
	}{
		{"good", "-----BEGIN OPENSSH PRIVATE KEY-----\n", 0o600, "", ""},
		{"open", "-----BEGIN RSA PRIVATE KEY-----\n", 0o644, "is readable by other users (mode 0644)", "chmod 600 "},
		{"key.ppk", "PuTTY-User-Key-File-3: ssh-ed25519\n", 0o600, "PuTTY's format", "puttygen "},
		{"disguised", "PuTTY-User-Key-File-2: ssh-rsa\n", 0o600, "PuTTY's format", "-O private-openssh"},
		{"public.pub", key + "\n", 0o644, "", ""},
		{"empty", "\n", 0o600, "is empty", ""},
		{"rfc4716", "---- BEGIN SSH2 PUBLIC KEY ----\n", 0o600, "RFC 4716", "private key"},
	} {
		path := filepath.Join(dir, c.name)
		if err := os.WriteFile(path, []byte(c.content), c.mode); err != nil {
			t.Fatal(err)
		}
		err := CheckIdentity(path)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		var identity *IdentityError
		if !errors.As(err, &identity) || !strings.Contains(err.Error(), c.want) ||
			!strings.Contains(strings.Join(identity.Hints, "\n"), c.hint) {
			t.Errorf("%s: %v, %+v", c.name, err, identity)
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "absent")} {
		if CheckIdentity(path) == nil {
			t.Errorf("%s was accepted as a key", path)
		}
	}
}

func TestPin(t *testing.T) {
	ctx := context.Background()
	k := KnownHosts{filepath.Join(t.TempDir(), "sub", "known_hosts")}
	if k.Has("node", "1") {
		t.Error("a key is known before one was pinned")
	}
	other := strings.Replace(key, "vT0a", "vT0b", 1)
	if err := k.Pin(ctx, "node", "1", key+" root@node\nnot a key\nssh-rsa %%%\n"); err != nil {
		t.Fatal(err)
	}
	if err := k.Pin(ctx, "node", "2", other); err != nil {
		t.Fatal(err)
	}
	if err := k.Pin(ctx, "node", "1", other+"\n"+key); err != nil {
		t.Errorf("a further key is no change: %v", err)
	}
	var changed *ChangedKeyError
	if err := k.Pin(ctx, "node", "1", other); !errors.As(err, &changed) || !strings.HasPrefix(changed.Forget(), "ssh-keygen -R node.1 -f ") {
		t.Errorf("another key was accepted: %v", err)
	}
	if k.Pin(ctx, "node", "3", "nothing") == nil {
		t.Error("a node without keys was accepted")
	}
	b, err := os.ReadFile(k.Path)
	if diff := cmp.Diff("node.1 "+key+"\nnode.2 "+other+"\n", string(b)); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestFailureOf(t *testing.T) {
	for text, want := range map[string]Failure{
		"azureuser@aksnpwin000000: Permission denied (publickey,password).":                                         NotAuthorized,
		"@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.":                HostKeyChanged,
		"No ED25519 host key is known for x and you have requested strict checking.\nHost key verification failed.": HostKeyUnknown,
		"channel 0: open failed: connect failed: Connection refused\nstdio forwarding failed":                       NotForwarded,
		"channel 0: open failed: administratively prohibited: open failed\nstdio forwarding failed":                 ForwardingForbidden,
		"Received disconnect from UNKNOWN port 65535:2: Too many authentication failures":                           TooManyKeys,
		"": Unknown,
	} {
		if got := FailureOf(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// Messages about two hosts in the same stderr are told apart.
func TestNames(t *testing.T) {
	hop := Host{Node: "hop", UID: "1"}
	for text, want := range map[string]bool{
		"azureuser@hop: Permission denied (publickey).\nkex_exchange_identification: Connection closed by remote host": true,
		"azureuser@aksnpwin000000: Permission denied (publickey).":                                                     false,
		"Host key for hop.1 has changed and you have requested strict checking.":                                       true,
		"No ED25519 host key is known for hop.1 and you have requested strict checking.":                               true,
		"No ED25519 host key is known for hop.10 and you have requested strict checking.":                              false,
	} {
		if got := hop.Names(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	got := Forwarding("channel 0: open failed: connect failed: Connection refused\nstdio forwarding failed\n")
	if got != "Connection refused" {
		t.Errorf("%q", got)
	}
}

func FuzzParseKeys(f *testing.F) {
	f.Add(key + " comment\n")
	f.Add("ssh-rsa AAAA\x00\n@revoked * ssh-rsa AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		for _, k := range parseKeys(text) {
			if strings.ContainsAny(k, "\n\r\x00*,!|#") || strings.Count(k, " ") != 1 {
				t.Errorf("%q is no key", k)
			}
		}
	})
}
