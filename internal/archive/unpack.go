// Package archive packs a directory into a tar stream, and unpacks a tar stream into a directory. Nothing in the stream can write outside
// that directory.
package archive

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Summary counts what was packed or unpacked.
type Summary struct {
	Files, Directories, Links int
	Bytes                     int64
	Skipped                   []Skipped
}

// Skipped is an entry that was left out.
type Skipped struct{ Name, Reason string }

// UnsafeError reports an entry of a stream that would be written outside the directory.
type UnsafeError struct{ Name string }

func (e *UnsafeError) Error() string {
	return fmt.Sprintf("the archive contains %q, which is outside the directory", e.Name)
}

// Unpack writes the entries of the tar stream r below root: directories, files and links, with their modes and times. It skips links
// that point outside root and anything that is not a file, directory or link. At the first entry that would itself be outside root it
// stops with an *UnsafeError. It reads r to the end of the archive.
//
// from is the absolute path of the directory that was packed, or empty. Symbolic links to absolute paths below it are made relative.
func Unpack(r io.Reader, root *os.Root, from string) (Summary, error) {
	u := &unpacker{
		root: root, from: strings.TrimSuffix(path.Clean(from), "/"), created: map[string]string{}, skipped: map[string]bool{},
	}
	in := tar.NewReader(r)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return u.summary, u.finish()
		}
		if err != nil {
			return u.summary, fmt.Errorf("reading the archive: %w", err)
		}
		if err := u.entry(h, in); err != nil {
			return u.summary, err
		}
	}
}

type unpacker struct {
	root        *os.Root
	from        string
	summary     Summary
	directories []*tar.Header // their modes and times are set last: writing into them needs the former and changes the latter
	links       []string      // symbolic links that were created
	// created has the names of what was created, by the name in lower case: some file systems ignore case.
	created map[string]string
	skipped map[string]bool // names
}

// localPath returns the entry's path below the directory, "." for the directory itself, or "" if this computer does not allow the name.
func localPath(name string) (string, error) {
	clean := path.Clean(name)
	if name == "" || strings.ContainsRune(name, 0) || path.IsAbs(name) || slices.Contains(strings.Split(name, "/"), "..") {
		return "", &UnsafeError{name}
	}
	if !filepath.IsLocal(filepath.FromSlash(clean)) {
		return "", nil
	}
	return filepath.FromSlash(clean), nil
}

func (u *unpacker) entry(h *tar.Header, content io.Reader) error {
	name, err := localPath(h.Name)
	if err != nil {
		return err
	}
	if name == "" {
		u.skip(h.Name, "this computer does not allow the name")
		return nil
	}
	switch h.Typeflag {
	case tar.TypeDir:
		u.summary.Directories++
		u.directories = append(u.directories, h)
		return u.directory(name)
	case tar.TypeReg:
		return u.file(name, h, content)
	case tar.TypeSymlink:
		to := u.relative(h.Name, h.Linkname)
		if !within(h.Name, to) {
			u.skip(h.Name, "it is a link to "+h.Linkname+", outside the directory")
			return nil
		}
		return u.link(h.Name, name, func() error {
			u.links = append(u.links, name)
			return u.root.Symlink(to, name)
		})
	case tar.TypeLink:
		to, err := localPath(h.Linkname)
		if err != nil {
			return err
		}
		if to == "" || u.skipped[path.Clean(h.Linkname)] {
			u.skip(h.Name, "it is a hard link to "+h.Linkname+", which was left out")
			return nil
		}
		return u.link(h.Name, name, func() error { return u.root.Link(to, name) })
	case tar.TypeXGlobalHeader:
		return nil
	}
	u.skip(h.Name, "it is not a file, directory or link")
	return nil
}

func (u *unpacker) skip(name, reason string) {
	u.skipped[path.Clean(name)] = true
	u.summary.Skipped = append(u.summary.Skipped, Skipped{name, reason})
}

// link creates a link, or skips the entry if that fails: not all systems can (Windows needs developer mode).
func (u *unpacker) link(entry, name string, create func() error) error {
	return u.replace(name, func() error {
		if err := create(); err != nil {
			u.skip(entry, "this computer cannot create the link: "+err.Error())
			return nil
		}
		u.summary.Links++
		return nil
	})
}

// relative returns the target of a symbolic link at name. An absolute path below the directory that was packed becomes relative.
func (u *unpacker) relative(name, to string) string {
	below, ok := strings.CutPrefix(path.Clean(to)+"/", u.from+"/")
	if !path.IsAbs(to) || !path.IsAbs(u.from+"/") || !ok {
		return to
	}
	rel, err := filepath.Rel(filepath.FromSlash(path.Dir(path.Clean(name))), filepath.FromSlash(path.Clean(below)))
	if err != nil {
		return to
	}
	return filepath.ToSlash(rel)
}

// within reports whether the target of a symbolic link at name is below the directory.
func within(name, to string) bool {
	if to == "" || path.IsAbs(to) {
		return false
	}
	return filepath.IsLocal(filepath.FromSlash(path.Join(path.Dir(path.Clean(name)), to)))
}

// directory creates a directory that can be written into. An existing one is kept; anything else of that name is removed.
func (u *unpacker) directory(name string) error {
	if name == "." {
		return nil
	}
	if info, err := u.root.Lstat(name); err == nil && !info.IsDir() {
		if err := u.root.Remove(name); err != nil {
			return err
		}
	}
	return u.root.MkdirAll(name, 0o700)
}

// replace removes what exists at name, without following a link there, and calls create.
func (u *unpacker) replace(name string, create func() error) error {
	if dir := filepath.Dir(name); dir != "." {
		if err := u.root.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if other := u.created[strings.ToLower(name)]; other != "" && other != name && u.sameFile(other, name) {
		u.skip(name, "this computer ignores case and already has "+other)
		return nil
	}
	u.created[strings.ToLower(name)] = name
	if err := u.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return create()
}

// sameFile reports whether two names refer to the same file.
func (u *unpacker) sameFile(a, b string) bool {
	x, errX := u.root.Lstat(a)
	y, errY := u.root.Lstat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

func (u *unpacker) file(name string, h *tar.Header, content io.Reader) error {
	return u.replace(name, func() error {
		f, err := u.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		n, err := io.Copy(f, content)
		if err == nil {
			err = f.Chmod(h.FileInfo().Mode().Perm())
		}
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		u.summary.Files++
		u.summary.Bytes += n
		return u.root.Chtimes(name, time.Time{}, h.ModTime)
	})
}

// isDangling reports whether err, from following a link, means that its target does not exist.
func isDangling(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP)
}

// finish removes links that point outside through other links, and sets modes and times of the directories, innermost first.
func (u *unpacker) finish() error {
	var errs []error
	for _, name := range u.links {
		info, err := u.root.Lstat(name)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			continue // replaced by a later entry of the same name
		}
		if _, err := u.root.Stat(name); err != nil && !isDangling(err) {
			u.summary.Links--
			u.skip(name, "it is a link to something outside the directory: "+err.Error())
			errs = append(errs, u.root.Remove(name))
		}
	}
	for _, h := range slices.Backward(u.directories) {
		name, err := localPath(h.Name)
		if err != nil || name == "." {
			continue
		}
		info, err := u.root.Lstat(name)
		if err != nil || !info.IsDir() {
			continue // replaced by a later entry of the same name
		}
		errs = append(errs, u.root.Chmod(name, h.FileInfo().Mode().Perm()), u.root.Chtimes(name, time.Time{}, h.ModTime))
	}
	return errors.Join(errs...)
}
