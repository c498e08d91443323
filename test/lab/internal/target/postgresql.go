package target

import (
	"context"
	"net/netip"
	"os"
	"strings"
	"syscall"
)

const postgresBin = "/usr/lib/postgresql/15/bin/"

// postgreSQL is a server of which each rule of the firewall is a line in pg_hba.conf, as Azure's flexible servers do it: whoever no line
// allows gets the server's own error.
type postgreSQL struct{ *program }

func startPostgreSQL(ctx context.Context, t Target) (server, error) {
	p, err := prepare(t, "postgres")
	if err != nil {
		return nil, err
	}
	data := p.path("data")
	if err := p.run(ctx, "", postgresBin+"initdb", "--pgdata", data, "--auth", "reject", "--no-sync"); err != nil {
		return nil, err
	}
	s := postgreSQL{p}
	if err := s.write(t.Firewall); err != nil {
		return nil, err
	}
	return s, p.start(netip.AddrPortFrom(t.Address, 5432), postgresBin+"postgres", "-D", data, "-h", t.Address.String(), "-k", p.dir,
		"-c", "ssl=on", "-c", "ssl_cert_file="+p.path("server.crt"), "-c", "ssl_key_file="+p.path("server.key"), "-c", "fsync=off")
}

func (s postgreSQL) write(f Firewall) error {
	var lines strings.Builder
	lines.WriteString("local all all reject\n") // the server does not start without a line
	for _, r := range f.ranges() {
		lines.WriteString("hostssl all all " + r.String() + " scram-sha-256\n")
	}
	return os.WriteFile(s.path("data/pg_hba.conf"), []byte(lines.String()), 0o644)
}

func (s postgreSQL) allow(_ context.Context, f Firewall) error {
	if err := s.write(f); err != nil {
		return err
	}
	return s.cmd.Process.Signal(syscall.SIGHUP)
}
