package openssh

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// put writes a file of the directory.
func put(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const someKey = " ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHXYSQ3mRfSTpbOYHCpRGYIRKDyjQjPdIjyUeHzvMN1C\n"

func TestKnownNames(t *testing.T) {
	home, system := t.TempDir(), t.TempDir()
	t.Setenv("HOME", home)
	c := UserConfig{filepath.Join(home, ".ssh")}
	config := put(t, c.Dir, "config", `
Include conf.d/*.conf "`+filepath.Join(home, "quoted dir", "config")+`"
Host build "Quoted" tab	web-? !negated *
    HostName=build.internal.example
    ProxyJump ops@jump:2222,ssh://second
# Host comment
Match originalhost matched,aks-* exec "true"
Host = equals
Include config
`)
	included := put(t, c.Dir, "conf.d/a.conf", "Host included\nUserKnownHostsFile ~/.ssh/more_hosts\n")
	quoted := put(t, home, "quoted dir/config", "Host 'in quotes'\nhost deep\n")
	known := put(t, c.Dir, "known_hosts", "# comment\nplain,192.0.2.1"+someKey+"[ported]:2222"+someKey+"db.corp.example"+someKey+
		"@cert-authority *.certs.example"+someKey+"@cert-authority *"+someKey+"broken\n")
	more := put(t, c.Dir, "more_hosts", "more"+someKey)
	global := put(t, system, "ssh_known_hosts", "global"+someKey)
	global2 := put(t, system, "ssh_config", "Host global2\n")
	hosts := put(t, system, "hosts", "127.0.0.1 localhost\n\n# 10.0.0.9 gone\n10.0.0.4\tMail.corp.example. mx # and more\n10.0.0.5\n")
	ours, another := c.File("this"), c.File("other")
	put(t, c.clusterDir(), filepath.Base(ours), "Host ours\n")
	put(t, c.clusterDir(), filepath.Base(another), "Host others\n")
	names := c.Names("this", Computer{SSHDir: system, Hosts: hosts, Name: "Laptop.corp.example"})
	for name, want := range map[string]string{
		"build": config, "BUILD": config, "quoted": config, "tab": config, "web-1": config, "build.internal.example": config, "jump": config,
		"second": config, "matched": config, "aks-nodepool1-12345678-vmss000000": config, "equals": config,
		"included": included, "deep": quoted,
		"plain": known, "192.0.2.1": known, "ported": known, "db": known, "db.corp": known, "x.certs.example": known,
		"more": more, "global": global, "global2": global2, "others": another,
		"localhost": hosts, "laptop": hosts, "LAPTOP": hosts, "mail": hosts, "mail.corp": hosts, "mail.corp.example": hosts, "mx": hosts,
		"gone": "", "and": "", "10.0.0.4": "", "corp": "", "": "",
		"ours": "", "negated": "", "comment": "", "ops": "", "broken": "", "other": "", "d": "", "web-12": "", "lain": "",
	} {
		if got := names.Find(name); got != want {
			t.Errorf("%s: found in %q, want %q", name, got, want)
		}
	}
	if got := (UserConfig{t.TempDir()}).Names("this", Computer{Hosts: filepath.Join(home, "none")}).Find("localhost"); got == "" {
		t.Error("localhost is not known without a file of hosts")
	}
	if got := (UserConfig{t.TempDir()}).Names("this", Computer{SSHDir: t.TempDir()}).Find("any"); got != "" {
		t.Errorf("found in %q", got)
	}
}

// Names that OpenSSH has hashed are found too.
func TestHashedNames(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("no ssh-keygen on this computer")
	}
	c := UserConfig{t.TempDir()}
	file := put(t, c.Dir, "known_hosts", "bastion"+someKey+"github.com"+someKey)
	if out, err := exec.Command("ssh-keygen", "-H", "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	names := c.Names("this", Computer{SSHDir: t.TempDir()})
	for name, want := range map[string]string{"bastion": file, "github.com": file, "other": ""} {
		if got := names.Find(name); got != want {
			t.Errorf("%s: found in %q, want %q", name, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	for line, want := range map[string][]string{
		"":                         nil,
		"  # Host a":               nil,
		"Host a b\r\n":             {"Host", "a", "b"},
		"\tHost=a":                 {"Host", "a"},
		"Host = a":                 {"Host", "a"},
		`Host "a b" 'c' d"e`:       {"Host", "a b", "c", "de"},
		`SetEnv A=b`:               {"SetEnv", "A=b"},
		`Include ~/a "b c/*.conf"`: {"Include", "~/a", "b c/*.conf"},
	} {
		if got := words(line); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

func FuzzNames(f *testing.F) {
	f.Add("Host a*[b\nInclude *\nMatch host\n", "|1|x|y a b\n@\n[\n", "::1 . .. a..b #\n")
	f.Fuzz(func(t *testing.T, config, known, hosts string) {
		c := UserConfig{t.TempDir()}
		put(t, c.Dir, "config", config)
		put(t, c.Dir, "known_hosts", known)
		c.Names("this", Computer{SSHDir: t.TempDir(), Hosts: put(t, c.Dir, "hosts", hosts)}).Find("name")
	})
}
