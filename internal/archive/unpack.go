// Package archive packs a folder into a tar stream and unpacks one into a folder, which nothing in the stream leads out of.
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

// Report is what was packed or unpacked.
type Report struct {
	Files, Folders, Links int
	Bytes                 int64
	Skipped               []Skipped
}

// Skipped is an entry that was left out.
type Skipped struct{ Name, Why string }

// UnsafeError says that a stream has an entry that would be written outside the folder.
type UnsafeError struct{ Name string }

func (e *UnsafeError) Error() string {
	return fmt.Sprintf("the archive holds %q, which leads out of the folder", e.Name)
}

// Unpack writes the entries of the tar stream r below root: folders, files, links within root, with their modes and times. It
// stops at the first entry that would be outside with an *UnsafeError; links that lead out, and what is neither file, folder
// nor link, are left out and reported. It reads r to the end of the archive.
//
// from is the absolute path of the folder that was packed, or empty: a link to an absolute path below it becomes a relative one.
func Unpack(r io.Reader, root *os.Root, from string) (Report, error) {
	u := &unpacker{root: root, from: strings.TrimSuffix(path.Clean(from), "/"), placed: map[string]string{}, left: map[string]bool{}}
	in := tar.NewReader(r)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return u.report, u.finish()
		}
		if err != nil {
			return u.report, fmt.Errorf("reading the archive: %w", err)
		}
		if err := u.entry(h, in); err != nil {
			return u.report, err
		}
	}
}

type unpacker struct {
	root    *os.Root
	from    string
	report  Report
	folders []*tar.Header // whose modes and times come last: writing into them needs the one and changes the other
	links   []string      // that were made
	// placed are the names, by their lower case, of what was made: some computers take names of other cases for the same.
	placed map[string]string
	left   map[string]bool // the names of what was left out
}

// local returns the entry's path below the folder, "." for the folder itself; empty where this computer can have no such name.
func local(name string) (string, error) {
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
	name, err := local(h.Name)
	if err != nil {
		return err
	}
	if name == "" {
		u.skip(h.Name, "this computer can have no file of that name")
		return nil
	}
	switch h.Typeflag {
	case tar.TypeDir:
		u.report.Folders++
		u.folders = append(u.folders, h)
		return u.folder(name)
	case tar.TypeReg:
		return u.file(name, h, content)
	case tar.TypeSymlink:
		to := u.relative(h.Name, h.Linkname)
		if !within(h.Name, to) {
			u.skip(h.Name, "it is a link to "+h.Linkname+", outside the folder")
			return nil
		}
		return u.link(h.Name, name, func() error {
			u.links = append(u.links, name)
			return u.root.Symlink(to, name)
		})
	case tar.TypeLink:
		to, err := local(h.Linkname)
		if err != nil {
			return err
		}
		if to == "" || u.left[path.Clean(h.Linkname)] {
			u.skip(h.Name, "it is the same as "+h.Linkname+", which is left out")
			return nil
		}
		return u.link(h.Name, name, func() error { return u.root.Link(to, name) })
	case tar.TypeXGlobalHeader:
		return nil
	}
	u.skip(h.Name, "it is neither file, folder nor link")
	return nil
}

func (u *unpacker) skip(name, why string) {
	u.left[path.Clean(name)] = true
	u.report.Skipped = append(u.report.Skipped, Skipped{name, why})
}

// link makes a link; not all computers and file systems can (on Windows it takes developer mode).
func (u *unpacker) link(entry, name string, create func() error) error {
	return u.place(name, func() error {
		if err := create(); err != nil {
			u.skip(entry, "this computer makes no such link: "+err.Error())
			return nil
		}
		u.report.Links++
		return nil
	})
}

// relative is where a symbolic link at name leads: an absolute path below the folder that was packed becomes a relative one.
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

// within says whether a symbolic link at name leads to something below the folder.
func within(name, to string) bool {
	if to == "" || path.IsAbs(to) {
		return false
	}
	return filepath.IsLocal(filepath.FromSlash(path.Join(path.Dir(path.Clean(name)), to)))
}

// folder makes a folder that can be written into.
func (u *unpacker) folder(name string) error {
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

// place makes something at name in the place of what is there, never through a link that is there.
func (u *unpacker) place(name string, create func() error) error {
	if dir := filepath.Dir(name); dir != "." {
		if err := u.root.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if other := u.placed[strings.ToLower(name)]; other != "" && other != name && u.same(other, name) {
		u.skip(name, "this computer takes it for the same as "+other)
		return nil
	}
	u.placed[strings.ToLower(name)] = name
	if err := u.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return create()
}

// same says whether two names are of one file.
func (u *unpacker) same(a, b string) bool {
	x, errX := u.root.Lstat(a)
	y, errY := u.root.Lstat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

func (u *unpacker) file(name string, h *tar.Header, content io.Reader) error {
	return u.place(name, func() error {
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
		u.report.Files++
		u.report.Bytes += n
		return u.root.Chtimes(name, time.Time{}, h.ModTime)
	})
}

// leadsNowhere says whether a link could not be followed although it stays in the folder.
func leadsNowhere(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP)
}

// finish takes away links that lead out by way of others, and gives the folders their modes and times, the innermost first.
func (u *unpacker) finish() error {
	var errs []error
	for _, name := range u.links {
		info, err := u.root.Lstat(name)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			continue // another entry of the same name took its place
		}
		if _, err := u.root.Stat(name); err != nil && !leadsNowhere(err) {
			u.report.Links--
			u.skip(name, "it is a link that leads outside the folder: "+err.Error())
			errs = append(errs, u.root.Remove(name))
		}
	}
	for _, h := range slices.Backward(u.folders) {
		name, err := local(h.Name)
		if err != nil || name == "." {
			continue
		}
		info, err := u.root.Lstat(name)
		if err != nil || !info.IsDir() {
			continue // another entry of the same name took its place
		}
		errs = append(errs, u.root.Chmod(name, h.FileInfo().Mode().Perm()), u.root.Chtimes(name, time.Time{}, h.ModTime))
	}
	return errors.Join(errs...)
}
