package openssh

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// No value can add lines to the configuration, make ssh reject the file, or be read by ssh as another value.
func TestConfigRefuses(t *testing.T) {
	good := Host{Node: "node", UID: "1-2", User: "azureuser", KnownHosts: "/k", Proxy: []string{"/bin/proxy"}}
	if _, err := good.Config(); err != nil {
		t.Fatal(err)
	}
	const injected = "x\n    ProxyCommand touch marker\nMatch all"
	for name, change := range map[string]func(*Host){
		"line in the UID":                    func(h *Host) { h.UID = injected },
		"quote in the UID":                   func(h *Host) { h.UID = `x\'` },
		"line in the name":                   func(h *Host) { h.Node = injected },
		"pattern as name":                    func(h *Host) { h.Node = "*" },
		"negated name":                       func(h *Host) { h.Node = "!node" },
		"two names":                          func(h *Host) { h.Node = "node github.com" },
		"option as name":                     func(h *Host) { h.Node = "-oProxyCommand=x" },
		"line in the alias":                  func(h *Host) { h.Name = injected },
		"pattern as alias":                   func(h *Host) { h.Name = "node.*" },
		"two aliases":                        func(h *Host) { h.Name = "node.lab github.com" },
		"no name":                            func(h *Host) { h.Node = "" },
		"line in the user":                   func(h *Host) { h.User = injected },
		"line in the identity":               func(h *Host) { h.Identity = "/" + injected },
		"variable in the identity":           func(h *Host) { h.Identity = "/${HOME}/key" },
		"line in the known hosts":            func(h *Host) { h.KnownHosts = "/" + injected },
		"line in the proxy":                  func(h *Host) { h.Proxy = append(h.Proxy, "--context="+injected) },
		"carriage return":                    func(h *Host) { h.Proxy = append(h.Proxy, "a\rb") },
		"NUL":                                func(h *Host) { h.Proxy = append(h.Proxy, "a\x00b") },
		"line in an option":                  func(h *Host) { h.Extra = []Option{{"Port", injected}} },
		"line in an option's key":            func(h *Host) { h.Extra = []Option{{"Port 22\nHost", "*"}} },
		"section as option":                  func(h *Host) { h.Extra = []Option{{"hOsT", "*"}} },
		"second section as option":           func(h *Host) { h.Extra = []Option{{"Match", "all"}} },
		"open quotation as option":           func(h *Host) { h.Extra = []Option{{"SetEnv", `A="b`}} },
		"blank in an option's key":           func(h *Host) { h.Extra = []Option{{"ProxyCommand touch", "x"}} },
		"line separator of another terminal": func(h *Host) { h.User = "a\u0085b" },
	} {
		h := good
		h.Proxy = slices.Clone(good.Proxy)
		change(&h)
		if text, err := h.Config(); err == nil {
			t.Errorf("%s: no error, but\n%s", name, text)
		}
		if args, err := h.Args(); err == nil {
			t.Errorf("%s: no error, but %q", name, args)
		}
	}
}

// Whatever the values, a section has one Host line and only the expected options.
func FuzzConfig(f *testing.F) {
	f.Add("node", "node.lab", "1-2", "azureuser", "/id", "/k", "--context=it's", "Port", "22")
	f.Add("node\nHost *", "a b", "x\\'\n    ProxyCommand x\nMatch all", "u\r\nHost x", "/\x00", "/${HOME}\n", "a\\", "Host", "*\nMatch all")
	f.Add("*", "*", "", "a\"b", "", "", "'\\'", "Port 22\nMatch", "#")
	f.Fuzz(func(t *testing.T, node, name, uid, user, identity, known, arg, key, value string) {
		h := Host{
			Node: node, Name: name, UID: uid, User: user, Identity: identity, KnownHosts: known,
			Proxy: []string{"/p", arg}, Extra: []Option{{key, value}},
		}
		text, err := h.Config()
		if err != nil {
			return
		}
		wanted := []string{
			"Host", key, "User", "IdentityFile", "HostKeyAlias", "UserKnownHostsFile", "StrictHostKeyChecking", "CheckHostIP",
			"HashKnownHosts", "UpdateHostKeys", "ProxyCommand",
		}
		if identity == "" {
			wanted = slices.Delete(wanted, 3, 4)
		}
		var got []string
		for _, line := range strings.FieldsFunc(strings.TrimSuffix(text, "\n"), func(r rune) bool { return r == '\n' || r == '\r' || r == 0 }) {
			word, _, _ := strings.Cut(strings.TrimLeft(line, " "), " ")
			got = append(got, word)
		}
		if !slices.Equal(got, wanted) {
			t.Errorf("%q has the lines %q", text, got)
		}
		if name == "" {
			name = node
		}
		if !strings.HasPrefix(text, "Host "+name+"\n    ") || strings.ContainsAny(name+node, " \t*?!,\"'\\#=") {
			t.Errorf("%q has another Host line", text)
		}
	})
}

// OpenSSH itself reads back each value that is accepted.
func TestConfigIsRead(t *testing.T) {
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("no ssh on this computer")
	}
	file := filepath.Join(t.TempDir(), "config")
	for _, value := range []string{`a"b`, `a'b`, `a\b`, `a\\b c\`, `a #b`, `#`, `a'b"c d`, "ü", "a=b", `it's \"`} {
		h := Host{Node: "node", UID: "1", User: value, Identity: "/i/" + value, KnownHosts: "/k/" + value, Proxy: []string{"/p", value}}
		text, err := h.Config()
		if err != nil {
			h.Proxy = []string{"/p"}
			if text, err = h.Config(); err != nil {
				t.Errorf("%q: %v", value, err)
				continue
			}
			t.Logf("%q is refused in ProxyCommand", value)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("ssh", "-G", "-F", file, "node").CombinedOutput()
		if err != nil {
			t.Errorf("%q: %v: %s\n%s", value, err, out, text)
			continue
		}
		proxy, err := ProxyCommand(h.Proxy, "linux")
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			"user " + value, "userknownhostsfile /k/" + value, "identityfile /i/" + value, "proxycommand " + proxy,
		} {
			if !strings.Contains(string(out), want+"\n") {
				t.Errorf("%q: no %q in\n%s", value, want, out)
			}
		}
	}
}
