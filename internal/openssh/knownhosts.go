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

// ChangedKeyError reports that the host keys of a node differ from the known ones.
type ChangedKeyError struct{ Node, Alias, File string }

func (e *ChangedKeyError) Error() string {
	return fmt.Sprintf("the host keys of node %s have changed", e.Node)
}

// Forget returns the command that removes the known keys.
func (e *ChangedKeyError) Forget() string {
	return cmdline.Program("ssh-keygen", "-R", e.Alias, "-f", e.File).String()
}

// Has reports whether a key of the node is known.
func (k KnownHosts) Has(node, uid string) bool {
	lines, _ := k.lines()
	return slices.ContainsFunc(lines, func(l string) bool { return isFor(l, Alias(node, uid)) })
}

// Pin makes publicKeys, the contents of the node's ssh_host_*_key.pub files, the only keys that are accepted for the node. If other keys
// were pinned before, it changes nothing and returns a *ChangedKeyError.
func (k KnownHosts) Pin(ctx context.Context, node, uid, publicKeys string) error {
	keys := parseKeys(publicKeys)
	if len(keys) == 0 {
		return fmt.Errorf("node %s has no SSH host keys: its sshd was never set up", node)
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
		if isFor(line, alias) {
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

// write replaces the file atomically, as ssh may read it at any time.
func (k KnownHosts) write(lines []string) error {
	next := k.Path + ".next"
	if err := os.WriteFile(next, []byte(strings.TrimPrefix(strings.Join(lines, "\n"), "\n")+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(next, k.Path)
}

// isFor reports whether the line has a key of the alias.
func isFor(line, alias string) bool {
	name, _, ok := strings.Cut(line, " ")
	return ok && name == alias
}

var keyType = regexp.MustCompile(`^[a-z0-9@.-]{1,64}$`)

// parseKeys returns "TYPE BASE64" for each line of text that is a valid public key. The text comes from a node and is not trusted.
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
