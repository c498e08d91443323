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
	"time"
)

// Summary counts what was packed or unpacked.
type Summary struct {
	Files, Directories, Links int
	Bytes                     int64
	Mode                      fs.FileMode // permissions of the directory itself; 0 if the stream does not have them
	Skipped                   []Skipped
	Unnamed                   int      // how many more entries were left out than Skipped names
	Packed                    []string // names of the directories that were packed, such as "." and "./etc"; parents come first
}

// Skipped is an entry that was left out.
type Skipped struct{ Name, Reason string }

// UnsafeError reports an entry of a stream that would be written outside the directory.
type UnsafeError struct{ Name string }

func (e *UnsafeError) Error() string {
	return fmt.Sprintf("the archive contains %q, which is outside the directory", e.Name)
}

// TooManyError reports a stream with more entries than Unpack was to write.
type TooManyError struct{ Max int }

func (e *TooManyError) Error() string {
	return fmt.Sprintf("there are more than %d files, directories and links", e.Max)
}

// Unpack writes the entries of the tar stream r below root: directories, files and links, with their modes and times. It skips links
// that lead outside root and anything that is not a file, directory or link. At the first entry that would itself be outside root it
// stops with an *UnsafeError. It reads r to the end of the archive, and creates symbolic links only then: after an error there are none.
// It leaves the mode of root as it is.
//
// After max entries it stops with a *TooManyError; 0: there is no limit. An entry with long names counts as several: each is remembered
// until the end.
//
// from is the absolute path of the directory that was packed, or empty. Symbolic links to absolute paths below it are made relative.
func Unpack(r io.Reader, root *os.Root, from string, max int) (Summary, error) {
	u := &unpacker{
		root: root, max: max, from: strings.TrimSuffix(path.Clean(from), "/"),
		links: map[string]symlink{}, created: map[string]string{}, skipped: map[string]bool{},
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
	max         int // entries; 0: no limit
	entries     int // so far
	from        string
	summary     Summary
	directories []directory        // their modes and times are set last: writing into them needs the former and changes the latter
	links       map[string]symlink // to be created at the end, by local path
	// created has the names of what was created, by the name in lower case: some file systems ignore case.
	created map[string]string
	skipped map[string]bool // names
}

// directory is a directory of the stream. The whole header would keep whatever else the node put there.
type directory struct {
	name     string // local path
	mode     fs.FileMode
	modified time.Time
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

// No Linux system has a longer path (https://man7.org/linux/man-pages/man3/pathconf.3.html): a tar stream can.
const (
	maxPath    = 4096
	maxSkipped = 1000
	longNames  = 256 // bytes of names with which an entry counts as one more
)

func (u *unpacker) entry(h *tar.Header, content io.Reader) error {
	if len(h.Name) > maxPath || len(h.Linkname) > maxPath {
		return fmt.Errorf("the node sent a path of more than %d bytes", maxPath)
	}
	u.entries += 1 + (len(h.Name)+len(h.Linkname))/longNames
	if u.max > 0 && u.entries > u.max {
		return &TooManyError{u.max}
	}
	h.Name, h.Linkname = strings.Clone(h.Name), strings.Clone(h.Linkname) // they are parts of records of up to 1 MiB
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
		if name == "." {
			u.summary.Mode = h.FileInfo().Mode().Perm()
		}
		u.summary.Directories++
		u.directories = append(u.directories, directory{name, h.FileInfo().Mode().Perm(), h.ModTime})
		return u.directory(name)
	case tar.TypeReg:
		return u.file(name, h, content)
	case tar.TypeSymlink:
		u.plan(h.Name, name, u.relative(h.Name, h.Linkname))
		return nil
	case tar.TypeLink:
		return u.hardLink(h, name)
	case tar.TypeXGlobalHeader:
		return nil
	}
	u.skip(h.Name, "it is not a file, directory or link")
	return nil
}

// skip leaves the entry out. Of very many, only the first are named.
func (u *unpacker) skip(name, reason string) {
	u.skipped[path.Clean(name)] = true
	if len(u.summary.Skipped) == maxSkipped {
		u.summary.Unnamed++
		return
	}
	u.summary.Skipped = append(u.summary.Skipped, Skipped{name, reason})
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

// directory creates a directory that can be written into. An existing one is kept; anything else of that name is removed.
func (u *unpacker) directory(name string) error {
	if name == "." {
		return nil
	}
	delete(u.links, name)
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
	delete(u.links, name)
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

// finish creates the symbolic links and sets modes and times of the directories, innermost first.
func (u *unpacker) finish() error {
	u.createLinks()
	var errs []error
	for _, d := range slices.Backward(u.directories) {
		if d.name == "." {
			continue
		}
		info, err := u.root.Lstat(d.name)
		if err != nil || !info.IsDir() {
			continue // replaced by a later entry of the same name
		}
		errs = append(errs, u.root.Chmod(d.name, d.mode), u.root.Chtimes(d.name, time.Time{}, d.modified))
	}
	return errors.Join(errs...)
}
