package archive

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// recordSize is the unit in which tar(1) reads. It would wait for the rest of a shorter record
// (https://www.gnu.org/software/tar/manual/html_node/Blocking-Factor.html).
const recordSize = 10240

// Pack writes the contents of the directory dir to w as a tar stream: directories, files, symbolic and hard links, with modes and times,
// without owners. It skips everything else. A file that shrinks while it is read is an error. The stream depends only on the directory:
// packing an unchanged directory again yields the same bytes. Pack stops when ctx is done.
func Pack(ctx context.Context, dir string, w io.Writer) (Summary, error) {
	counted := &counter{w: w}
	p := &packer{ctx: ctx, out: tar.NewWriter(counted), seen: map[inode]string{}}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return p.summary, err
	}
	defer root.Close()
	p.root = root
	err = fs.WalkDir(root.FS(), ".", p.entry)
	if err == nil {
		err = p.out.Close()
	}
	if err == nil {
		_, err = w.Write(make([]byte, (recordSize-counted.n%recordSize)%recordSize))
	}
	return p.summary, err
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

type packer struct {
	ctx     context.Context
	root    *os.Root
	out     *tar.Writer
	seen    map[inode]string // the first name of each file that has several
	summary Summary
}

func (p *packer) entry(name string, entry fs.DirEntry, err error) error {
	err = errors.Join(err, p.ctx.Err())
	if err != nil {
		return err
	}
	info, err := entry.Info()
	if err != nil {
		return err
	}
	link := ""
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		if link, err = p.root.Readlink(name); err != nil {
			return err
		}
		p.summary.Links++
	case info.IsDir():
		p.summary.Directories++
	case !info.Mode().IsRegular():
		p.summary.Skipped = append(p.summary.Skipped, Skipped{name, "it is not a file, directory or link"})
		return nil
	}
	h, err := tar.FileInfoHeader(info, filepath.ToSlash(link))
	if err != nil {
		return err
	}
	h.Name, h.Format, h.Mode = "./"+name, tar.FormatPAX, int64(Mode(info))
	if name == "." {
		h.Name, p.summary.Mode = "./", Mode(info)
		p.summary.Packed = append(p.summary.Packed, name)
	} else if info.IsDir() {
		p.summary.Packed = append(p.summary.Packed, h.Name)
		h.Name += "/"
	}
	h.Uid, h.Gid, h.Uname, h.Gname, h.AccessTime, h.ChangeTime = 0, 0, "", "", time.Time{}, time.Time{}
	if info.Mode().IsRegular() {
		if id, shared := inodeOf(info); shared {
			if first, ok := p.seen[id]; ok {
				h.Typeflag, h.Linkname, h.Size = tar.TypeLink, first, 0
				p.summary.Links++
				return p.out.WriteHeader(h)
			}
			p.seen[id] = h.Name
		}
	}
	if err := p.out.WriteHeader(h); err != nil || !info.Mode().IsRegular() {
		return err
	}
	return p.content(name, h.Size)
}

// Mode returns the permissions to give a copy of a local file or directory. Windows has no such modes and reports write permission for
// everybody, which is dropped.
func Mode(info fs.FileInfo) fs.FileMode {
	mode := info.Mode().Perm()
	if runtime.GOOS == "windows" {
		mode &^= 0o022
	}
	return mode
}

func (p *packer) content(name string, size int64) error {
	f, err := p.root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	n, err := io.CopyN(p.out, f, size) // not what is appended meanwhile
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("%s shrank while it was read: %d of %d bytes", name, n, size)
	}
	p.summary.Files++
	p.summary.Bytes += n
	return err
}
