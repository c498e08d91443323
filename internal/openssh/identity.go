package openssh

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// IdentityError says why a private key cannot be used, and what to do.
type IdentityError struct {
	Path, Reason string
	Hints        []string
}

func (e *IdentityError) Error() string { return fmt.Sprintf("the key %s %s", e.Path, e.Reason) }

// CheckIdentity returns an *IdentityError for a file that ssh would not take as a private key. Public keys are let pass:
// with one, ssh picks its private key from the agent.
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
		return &IdentityError{Path: path, Reason: "is a folder"}
	}
	head, err := io.ReadAll(io.LimitReader(f, 64))
	if err != nil {
		return &IdentityError{Path: path, Reason: "cannot be read: " + err.Error()}
	}
	if err := format(path, head); err != nil {
		return err
	}
	private := bytes.Contains(head, []byte("PRIVATE KEY"))
	if private && checked(info) && info.Mode().Perm()&0o077 != 0 {
		return &IdentityError{
			Path: path, Reason: fmt.Sprintf("may be read by others (mode %04o): ssh does not use it", info.Mode().Perm()),
			Hints: []string{"chmod 600 " + quoted(path)},
		}
	}
	return nil
}

// format judges a key by its first bytes.
func format(path string, head []byte) error {
	switch {
	case len(bytes.TrimSpace(head)) == 0:
		return &IdentityError{Path: path, Reason: "is empty"}
	case bytes.HasPrefix(head, []byte("PuTTY-User-Key-File-")):
		return &IdentityError{
			Path: path, Reason: "is in PuTTY's format, which OpenSSH does not read",
			Hints: []string{
				"convert it: puttygen " + quoted(path) + " -O private-openssh -o " + quoted(path+".openssh"),
				"or in PuTTYgen: Conversions, Export OpenSSH key",
			},
		}
	case bytes.HasPrefix(head, []byte("---- BEGIN SSH2 ")):
		return &IdentityError{
			Path: path, Reason: "is in the format of RFC 4716, which holds public keys",
			Hints: []string{"name the private key"},
		}
	}
	return nil
}
