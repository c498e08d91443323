package openssh

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Computer is where a computer keeps the names of hosts, and its own name.
type Computer struct {
	SSHDir string // the directory with the configuration of OpenSSH's client
	Hosts  string // path of the file of hosts, which must be set: https://man7.org/linux/man-pages/man5/hosts.5.html
	Name   string // empty: unknown
}

// ThisComputer returns the computer on which the program runs.
func ThisComputer() Computer {
	c := Computer{SSHDir: "/etc/ssh", Hosts: "/etc/hosts"}
	if runtime.GOOS == "windows" {
		c.SSHDir = filepath.Join(os.Getenv("ProgramData"), "ssh")
		c.Hosts = filepath.Join(os.Getenv("SystemRoot"), "System32", "drivers", "etc", "hosts")
	}
	c.Name, _ = os.Hostname() // without it, it is unknown
	return c
}

// names returns the file of hosts by each name that the computer knows, in lower case. Of a name with a domain, the parts before a dot
// count too: search domains complete them.
func (c Computer) names() map[string]string {
	all := map[string]string{}
	add := func(name string) {
		name = strings.ToLower(strings.TrimSuffix(name, "."))
		for i, r := range name {
			if r == '.' {
				all[name[:i]] = c.Hosts
			}
		}
		all[name] = c.Hosts
	}
	add("localhost") // https://www.rfc-editor.org/rfc/rfc6761#section-6.3
	if c.Name != "" {
		add(c.Name)
	}
	b, err := os.ReadFile(c.Hosts)
	if err != nil {
		return all
	}
	for line := range strings.Lines(string(b)) {
		line, _, _ = strings.Cut(line, "#")
		if fields := strings.Fields(line); len(fields) > 1 {
			for _, name := range fields[1:] {
				add(name)
			}
		}
	}
	return all
}
