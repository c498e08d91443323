// Package run runs a built plugin against a server that lies, and keeps what it does in a directory of its own.
package run

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/akstools/akstools/test/hostile/judge"
	"github.com/akstools/akstools/test/hostile/lie"
)

// Sandbox is the directory of one run. Only what is below its home, tmp and work may be written.
type Sandbox struct {
	root string // of which there is nothing else below
	deep string // with home, tmp and work
}

// NewSandbox makes a sandbox in the directory dir. files are put into the working directory.
func NewSandbox(dir string, files map[string][]byte) (*Sandbox, error) {
	s := &Sandbox{root: dir, deep: filepath.Join(dir, "a", "b", "c", "d")}
	for _, path := range []string{s.tmp(), s.Work(), filepath.Join(s.home(), ".ssh"), filepath.Join(s.home(), ".local", "bin")} {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return nil, err
		}
	}
	key := []byte("-----BEGIN OPENSSH PRIVATE KEY-----\n" + lie.Canary + "\n-----END OPENSSH PRIVATE KEY-----\n")
	all := map[string][]byte{
		filepath.Join(s.home(), ".ssh", "id_rsa"): key,
		filepath.Join(s.Work(), "key"):            key,
	}
	for name, content := range files {
		all[filepath.Join(s.Work(), name)] = content
	}
	for path, content := range all {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Sandbox) home() string { return filepath.Join(s.deep, "home") }
func (s *Sandbox) tmp() string  { return filepath.Join(s.deep, "tmp") }

// Work returns the working directory.
func (s *Sandbox) Work() string { return filepath.Join(s.deep, "work") }

func (s *Sandbox) kubeconfig() string { return filepath.Join(s.root, "config") }

// configure writes a kubeconfig for the server.
func (s *Sandbox) configure(server string) error {
	return os.WriteFile(s.kubeconfig(), []byte(Kubeconfig(server)), 0o600)
}

// Kubeconfig returns a kubeconfig for the server.
func Kubeconfig(server string) string {
	return fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: prod
contexts: [{name: prod, context: {cluster: prod, user: me}}]
clusters: [{name: prod, cluster: {server: %q, insecure-skip-tls-verify: true}}]
users: [{name: me, user: {token: %s}}]
`, server, lie.Canary)
}

// environment is that of the program.
func (s *Sandbox) environment() []string {
	return []string{
		"HOME=" + s.home(), "TMPDIR=" + s.tmp(), "KUBECONFIG=" + s.kubeconfig(), "PATH=/usr/bin:/bin", "TERM=xterm", "LANG=C.UTF-8",
		"GOTRACEBACK=all",
	}
}

// elsewhere are files that words name outside of the sandbox.
var elsewhere = []string{
	"/tmp/" + lie.Escaped, "/" + lie.Escaped, "/tmp/" + lie.Touched, lie.Touched, "/" + lie.Touched,
}

// Wrong returns what is wrong with what the run of the command left behind. given are the files that it was given.
func (s *Sandbox) Wrong(command string, given map[string][]byte) (wrong []string) {
	for _, path := range elsewhere {
		if _, err := os.Lstat(path); err == nil {
			wrong = append(wrong, path+" exists")
		}
	}
	err := filepath.WalkDir(s.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(s.deep, path)
		if err != nil {
			return err
		}
		inside := strings.HasPrefix(name, "home") || strings.HasPrefix(name, "tmp") || strings.HasPrefix(name, "work")
		switch {
		case d.Name() == lie.Touched:
			wrong = append(wrong, "a shell ran a word of the cluster: "+name)
		case !inside && path != s.kubeconfig() && !d.IsDir():
			wrong = append(wrong, fmt.Sprintf("a file outside of home, tmp and the working directory: %q", name))
		case strings.HasPrefix(name, "work") && d.Type() == fs.ModeSymlink && s.leadsOut(path):
			wrong = append(wrong, fmt.Sprintf("a link that leads out of the working directory: %q", name))
		case command != "aksnode cp" && strings.ContainsFunc(d.Name(), unicode.IsControl): // a copy has the names of the node's files
			wrong = append(wrong, fmt.Sprintf("a file name with control characters: %q", name))
		}
		if _, ok := given[name[min(len(name), len("work/")):]]; ok || !inside || !d.Type().IsRegular() || keyFile(name) {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.Contains(lie.WithoutRemote(string(text)), lie.Canary) {
			wrong = append(wrong, "a secret in the file "+name)
		}
		if strings.HasPrefix(name, "home/.ssh") && !strings.Contains(name, "known_hosts") {
			if w := judge.SSHConfig(string(text)); w != "" {
				wrong = append(wrong, name+": "+w)
			}
		}
		return nil
	})
	if err != nil {
		wrong = append(wrong, err.Error())
	}
	return wrong
}

// leadsOut reports whether the link leads to something outside of the working directory.
func (s *Sandbox) leadsOut(path string) bool {
	to, err := filepath.EvalSymlinks(path)
	return err == nil && to != s.Work() && !strings.HasPrefix(to, s.Work()+string(filepath.Separator))
}

func keyFile(name string) bool { return name == "home/.ssh/id_rsa" || name == "work/key" }
