// Package zone is the apps' public DNS zone, which the machine azure serves from a file.
package zone

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// File returns the path of the zone's file: a header, then one line per name.
func File() string { return layout.In("run", "apps.zone") }

// Write creates a new zone without names.
func Write() error { return write(nil) }

// Set makes a name in the zone resolve to the IPv4 address, or be an alias of another name.
func Set(name, to string) error {
	name, err := below(name)
	if err != nil {
		return err
	}
	record := name + " 1 IN CNAME " + strings.TrimSuffix(to, ".") + "."
	if addr, err := netip.ParseAddr(to); err == nil {
		if !addr.Is4() {
			return fmt.Errorf("%s is no IPv4 address", to)
		}
		record = name + " 1 IN A " + to
	}
	return change(name, record)
}

// Remove removes the name from the zone, if it is there.
func Remove(name string) error {
	name, err := below(name)
	if err != nil {
		return err
	}
	return change(name, "")
}

func below(name string) (string, error) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if !strings.HasSuffix(name, "."+layout.AppsZone) || strings.ContainsAny(name, " \t\n;()\"") {
		return "", fmt.Errorf("%q is no name below %s", name, layout.AppsZone)
	}
	return name + ".", nil
}

// change replaces the name's record; one change at a time.
func change(name, record string) error {
	if _, err := os.Stat(File()); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no lab with apps runs: start it with: bin/lab up --apps")
	}
	lock, err := os.OpenFile(File()+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return err
	}
	b, err := os.ReadFile(File())
	if err != nil {
		return err
	}
	var records []string
	for line := range strings.Lines(string(b)) {
		if was, _, _ := strings.Cut(line, " "); was != name && strings.HasSuffix(was, "."+layout.AppsZone+".") {
			records = append(records, strings.TrimSpace(line))
		}
	}
	if record != "" {
		records = append(records, record)
	}
	return write(records)
}

// write gives the zone a new serial number, from which the server sees that it has changed.
func write(records []string) error {
	head := fmt.Sprintf("%[1]s. 1 IN SOA ns1.azure-dns.com. hostmaster.azure-dns.com. %[2]d 3600 300 2419200 1\n"+
		"%[1]s. 1 IN NS ns1.azure-dns.com.\n",
		layout.AppsZone, uint32(time.Now().UnixMilli()))
	text := head
	for _, r := range records {
		text += r + "\n"
	}
	if err := os.WriteFile(File()+".new", []byte(text), 0o644); err != nil {
		return err
	}
	return os.Rename(File()+".new", File())
}
