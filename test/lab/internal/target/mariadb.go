package target

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// mariaDB is a server that has a user for each rule of the firewall: it greets those clients only for whose address there is a user.
type mariaDB struct {
	*program
	client []string
}

func startMariaDB(ctx context.Context, t Target) (server, error) {
	p, err := prepare(t, "mysql")
	if err != nil {
		return nil, err
	}
	data, socket := p.path("data"), p.path("socket")
	// root signs in as the server's own user, by the socket
	install := []string{"mariadb-install-db", "--no-defaults", "--datadir=" + data, "--auth-root-socket-user=mysql", "--skip-test-db"}
	if err := p.run(ctx, "", install...); err != nil {
		return nil, err
	}
	s := mariaDB{p, []string{"mariadb", "--no-defaults", "--socket=" + socket, "--user=mysql", "--batch"}}
	err = p.start(netip.AddrPortFrom(t.Address, 3306), "mariadbd", "--no-defaults", "--datadir="+data, "--socket="+socket,
		"--bind-address="+t.Address.String(), "--skip-name-resolve", "--host-cache-size=0", "--ssl-cert="+p.path("server.crt"),
		"--ssl-key="+p.path("server.key"), "--innodb-flush-log-at-trx-commit=0", "--innodb-log-file-size=8M")
	if err != nil {
		return nil, err
	}
	if err := s.allow(ctx, t.Firewall); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s mariaDB) allow(ctx context.Context, f Firewall) error {
	sql := strings.Builder{}
	sql.WriteString("DELETE FROM mysql.global_priv WHERE User = 'app';\nFLUSH PRIVILEGES;\n")
	for _, r := range f.ranges() {
		fmt.Fprintf(&sql, "CREATE USER 'app'@'%s/%s' IDENTIFIED VIA mysql_native_password USING 'invalid';\n",
			r.Masked().Addr(), net.IP(net.CIDRMask(r.Bits(), 32)))
	}
	return s.run(ctx, sql.String(), s.client...)
}
