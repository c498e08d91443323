package openssh

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/akstools/akstools/internal/cmdline"
)

// KnownHosts is the file with the host keys of one cluster's nodes (https://man.openbsd.org/sshd#SSH_KNOWN_HOSTS_FILE_FORMAT).
type KnownHosts struct{ Path string }

// ChangedKeyError says that a node shows other host keys than it did.
type ChangedKeyError struct{ Node, Alias, File string }

func (e *ChangedKeyError) Error() string {
	return fmt.Sprintf("the host keys of node %s are not those that it had before", e.Node)
}

// Forget is the command by which the old keys are given up.
func (e *ChangedKeyError) Forget() string {
	return cmdline.Quote([]string{"ssh-keygen", "-R", e.Alias, "-f", e.File})
}

// Has says whether a key of the node is known.
func (k KnownHosts) Has(node, uid string) bool {
	lines, _ := k.lines()
	return slices.ContainsFunc(lines, func(l string) bool { return of(l, Alias(node, uid)) })
}

// Pin makes the keys, as the node's ssh_host_*_key.pub files have them, the only ones that are accepted from the node. Where
// others were pinned it changes nothing and returns a *ChangedKeyError.
func (k KnownHosts) Pin(ctx context.Context, node, uid, publicKeys string) error {
	keys := parseKeys(publicKeys)
	if len(keys) == 0 {
		return fmt.Errorf("node %s has no SSH host key: its sshd was never set up", node)
	}
	if err := os.MkdirAll(filepath.Dir(k.Path), 0o700); err != nil {
		return err
	}
	l := flock.New(k.Path+".lock", flock.SetPermissions(0o600))
	if _, err := l.TryLockContext(ctx, 10*time.Millisecond); err != nil {
		return fmt.Errorf("locking %s: %w", k.Path, err)
	}
	defer l.Unlock() //nolint:errcheck // closing it frees the lock
	lines, err := k.lines()
	if err != nil {
		return err
	}
	alias := Alias(node, uid)
	var pinned []string
	for _, line := range lines {
		if of(line, alias) {
			pinned = append(pinned, line)
		}
	}
	wanted := make([]string, len(keys))
	for i, key := range keys {
		wanted[i] = alias + " " + key
	}
	if len(pinned) > 0 {
		for _, line := range pinned {
			if !slices.Contains(wanted, line) {
				return &ChangedKeyError{Node: node, Alias: alias, File: k.Path}
			}
		}
		return nil
	}
	return k.write(append(lines, wanted...))
}

func (k KnownHosts) lines() ([]string, error) {
	b, err := os.ReadFile(k.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n"), nil
}

// write replaces the file at once: ssh may read it at any moment.
func (k KnownHosts) write(lines []string) error {
	next := k.Path + ".next"
	if err := os.WriteFile(next, []byte(strings.TrimPrefix(strings.Join(lines, "\n"), "\n")+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(next, k.Path)
}

// of says whether the line is for the alias.
func of(line, alias string) bool {
	name, _, ok := strings.Cut(line, " ")
	return ok && name == alias
}

var keyType = regexp.MustCompile(`^[a-z0-9@.-]{1,64}$`)

// parseKeys returns "type base64" of each line that is a public key; the text comes from a node.
func parseKeys(text string) []string {
	var keys []string
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 || !keyType.MatchString(fields[0]) {
			continue
		}
		if b, err := base64.StdEncoding.DecodeString(fields[1]); err != nil || len(b) < 32 {
			continue
		}
		if key := fields[0] + " " + fields[1]; !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}
