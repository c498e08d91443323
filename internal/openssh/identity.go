package openssh

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/akstools/akstools/internal/cmdline"
)

// IdentityError reports that a private key cannot be used.
type IdentityError struct {
	Path   string
	Reason string // continues "the key PATH"
	Hints  []string
}

func (e *IdentityError) Error() string { return fmt.Sprintf("the key %s %s", e.Path, e.Reason) }

// CheckIdentity returns an *IdentityError if ssh would not accept the file as a private key. Public keys are allowed: they select a
// private key in the agent.
func CheckIdentity(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return &IdentityError{Path: path, Reason: "cannot be read: " + err.Error()}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return &IdentityError{Path: path, Reason: "cannot be read: " + err.Error()}
	}
	if info.IsDir() {
		return &IdentityError{Path: path, Reason: "is a directory"}
	}
	head, err := io.ReadAll(io.LimitReader(f, 64))
	if err != nil {
		return &IdentityError{Path: path, Reason: "cannot be read: " + err.Error()}
	}
	if err := format(path, head); err != nil {
		return err
	}
	private := bytes.Contains(head, []byte("PRIVATE KEY"))
	if private && modeMatters(info) && info.Mode().Perm()&0o077 != 0 {
		return &IdentityError{
			Path: path, Reason: fmt.Sprintf("is readable by other users (mode %04o), so ssh ignores it", info.Mode().Perm()),
			Hints: []string{cmdline.Program("chmod", "600", path).String()},
		}
	}
	return nil
}

// format returns an error if head, the beginning of a key file, is of a format that OpenSSH does not support.
func format(path string, head []byte) error {
	switch {
	case len(bytes.TrimSpace(head)) == 0:
		return &IdentityError{Path: path, Reason: "is empty"}
	case bytes.HasPrefix(head, []byte("PuTTY-User-Key-File-")):
		return &IdentityError{
			Path: path, Reason: "is in PuTTY's format, which OpenSSH does not support",
			Hints: []string{
				"convert it: " + cmdline.Program("puttygen", path, "-O", "private-openssh", "-o", path+".openssh").String(),
				"or in PuTTYgen: Conversions, Export OpenSSH key",
			},
		}
	case bytes.HasPrefix(head, []byte("---- BEGIN SSH2 ")):
		return &IdentityError{
			Path: path, Reason: "is in the RFC 4716 format, which is for public keys",
			Hints: []string{"give the private key"},
		}
	}
	return nil
}
