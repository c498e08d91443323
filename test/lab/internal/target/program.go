package target

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/pki"
)

// Packages are the Debian packages of the real servers, by their programs.
func Packages() map[string]string {
	return map[string]string{postgresBin + "postgres": "postgresql-15", "mariadbd": "mariadb-server", "redis-server": "redis-server"}
}

// program is a real server: a process of a user of its own, in a directory of its own.
type program struct {
	dir  string
	user *syscall.Credential
	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has exited
}

// prepare creates the directory of a target's server, with its certificate as server.crt and server.key, for the user that the Debian
// package made.
func prepare(t Target, name string) (*program, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	p := &program{dir: t.directory(), user: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	if err := os.RemoveAll(p.dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(p.dir), 0o711); err != nil {
		return nil, err
	}
	if err := os.Chmod(layout.State, 0o711); err != nil { // its user must get through
		return nil, err
	}
	if err := os.Mkdir(p.dir, 0o700); err != nil {
		return nil, err
	}
	if err := pki.WriteServer(p.dir, t.Hosts...); err != nil {
		return nil, err
	}
	for _, path := range []string{p.dir, p.path("server.crt"), p.path("server.key")} {
		if err := os.Chown(path, uid, gid); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *program) path(name string) string { return filepath.Join(p.dir, name) }

// command returns a command as the server's user.
func (p *program) command(ctx context.Context, argv ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.SysProcAttr = p.dir, &syscall.SysProcAttr{Credential: p.user}
	return cmd
}

// run runs a command to its end.
func (p *program) run(ctx context.Context, input string, argv ...string) error {
	cmd := p.command(ctx, argv...)
	cmd.Stdin = strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", argv[0], err, out)
	}
	return nil
}

// start starts the server and returns when it listens at the address.
func (p *program) start(at netip.AddrPort, argv ...string) error {
	log, err := os.Create(p.path("log"))
	if err != nil {
		return err
	}
	defer log.Close()
	p.cmd = p.command(context.Background(), argv...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		return err
	}
	p.done = make(chan struct{})
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	timeout := time.After(30 * time.Second)
	for {
		c, err := net.DialTimeout("tcp", at.String(), time.Second)
		if err == nil {
			return c.Close()
		}
		select {
		case <-p.done:
		case <-timeout:
		case <-time.After(50 * time.Millisecond):
			continue
		}
		text, _ := os.ReadFile(p.path("log"))
		p.close()
		return fmt.Errorf("%s does not listen: %w\n%s", argv[0], err, text)
	}
}

// close ends the server and removes what it kept.
func (p *program) close() {
	_ = p.cmd.Process.Kill()
	<-p.done
	_ = os.RemoveAll(p.dir)
}
