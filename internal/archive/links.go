package archive

import (
	"archive/tar"
	"errors"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// symlink is a symbolic link of the stream.
type symlink struct {
	entry string // its name in the stream
	to    string // its target
}

// plan notes a symbolic link, which is created when everything else is there: then no entry can be written through it, and what its
// target leads through is known.
func (u *unpacker) plan(entry, name, to string) {
	if !within(entry, to, filepath.Separator) {
		u.skipOutside(symlink{entry, to})
		return
	}
	u.links[name] = symlink{entry, to}
}

func (u *unpacker) skipOutside(link symlink) {
	u.skip(link.entry, "it is a link to "+link.to+", outside the directory")
}

// within reports whether the target of a symbolic link at name is below the directory, as far as the names tell. Where \ separates names,
// no target with one is: it would not be what it is on the node.
func within(name, to string, separator rune) bool {
	if to == "" || path.IsAbs(to) || separator == '\\' && strings.ContainsRune(to, separator) {
		return false
	}
	return filepath.IsLocal(filepath.FromSlash(path.Join(path.Dir(path.Clean(name)), to)))
}

// hardLink creates a hard link to a file of the stream. A hard link to a symbolic link becomes a symbolic link of its own: whether its
// target is outside depends on where it is.
func (u *unpacker) hardLink(h *tar.Header, name string) error {
	to, err := localPath(h.Linkname)
	if err != nil {
		return err
	}
	if to == "" || u.skipped[path.Clean(h.Linkname)] {
		u.skip(h.Name, "it is a hard link to "+h.Linkname+", which was left out")
		return nil
	}
	if link, ok := u.links[to]; ok {
		u.plan(h.Name, name, link.to)
		return nil
	}
	return u.replace(name, func() error {
		info, err := u.root.Lstat(to)
		if err == nil && !info.Mode().IsRegular() {
			err = errors.New(h.Linkname + " is not a file")
		}
		if err == nil {
			err = u.root.Link(to, name)
		}
		u.linked(h.Name, err)
		return nil
	})
}

// linked counts a link, or skips it where err is not nil: not all systems can create links (Windows needs developer mode).
func (u *unpacker) linked(entry string, err error) {
	if err != nil {
		u.skip(entry, "this computer cannot create the link: "+err.Error())
		return
	}
	u.summary.Links++
}

// createLinks creates the symbolic links that stay inside the directory, whatever else is in it or will be.
func (u *unpacker) createLinks() {
	for _, name := range slices.Sorted(maps.Keys(u.links)) {
		link := u.links[name]
		_ = u.root.MkdirAll(filepath.Dir(name), 0o700) // where that fails, the link is skipped
		to, inside := u.inside(name, link.to)
		if !inside {
			u.skipOutside(link)
			continue
		}
		err := u.replace(name, func() error {
			u.linked(link.entry, u.root.Symlink(to, name))
			return nil
		})
		if err != nil {
			u.skip(link.entry, "something else has its name: "+err.Error())
		}
	}
}

// inside returns the target for a symbolic link at name, and whether it stays inside the directory, whatever else becomes of it: it
// climbs no further than to the directory, and never after it has descended, as a name may become a link to elsewhere. A target that
// climbs after a real directory, such as a/../b, is shortened. Links that were in the directory before may lead outside: a target must
// not go through those.
func (u *unpacker) inside(name, to string) (string, bool) {
	dir := path.Dir(filepath.ToSlash(name))
	if path.IsAbs(to) || !u.real(dir) {
		return "", false
	}
	at, descended, shorten := dir, false, false
	for _, step := range strings.Split(to, "/") {
		switch step {
		case "", ".":
		case "..":
			if at == "." || descended && !u.real(at) {
				return "", false
			}
			at, shorten = path.Dir(at), shorten || descended
		default:
			at, descended = path.Join(at, step), true
		}
	}
	if _, err := u.root.Stat(filepath.FromSlash(at)); err != nil && !isDangling(err) {
		return "", false
	}
	if shorten {
		rel, err := filepath.Rel(filepath.FromSlash(dir), filepath.FromSlash(at))
		return filepath.ToSlash(rel), err == nil
	}
	return to, true
}

// real reports whether each part of the path is a directory rather than a link to one.
func (u *unpacker) real(dir string) bool {
	for at := dir; at != "."; at = path.Dir(at) {
		if info, err := u.root.Lstat(filepath.FromSlash(at)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// isDangling reports whether err, from following a link, means that its target does not exist.
func isDangling(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP)
}
