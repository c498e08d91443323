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

// record is the unit in which tar(1) reads: a stream of another length would leave it waiting
// (https://www.gnu.org/software/tar/manual/html_node/Blocking-Factor.html).
const record = 10240

// Pack writes the folder, without its own name, as a tar stream to w until ctx is done: folders, files, symbolic and hard
// links, with modes and times, without owners. What is neither is left out and reported. A file that shrinks while it is read
// is an error. The stream depends on nothing but the folder, so that two runs over the same give the same.
func Pack(ctx context.Context, folder string, w io.Writer) (Report, error) {
	counted := &counter{w: w}
	p := &packer{ctx: ctx, out: tar.NewWriter(counted), seen: map[inode]string{}}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return p.report, err
	}
	defer root.Close()
	p.root = root
	err = fs.WalkDir(root.FS(), ".", p.entry)
	if err == nil {
		err = p.out.Close()
	}
	if err == nil {
		_, err = w.Write(make([]byte, (record-counted.n%record)%record))
	}
	return p.report, err
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
	ctx    context.Context
	root   *os.Root
	out    *tar.Writer
	seen   map[inode]string
	report Report
}

func (p *packer) entry(name string, entry fs.DirEntry, err error) error {
	if err = errors.Join(err, p.ctx.Err()); err != nil {
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
		p.report.Links++
	case info.IsDir():
		p.report.Folders++
	case !info.Mode().IsRegular():
		p.report.Skipped = append(p.report.Skipped, Skipped{name, "it is neither file, folder nor link"})
		return nil
	}
	h, err := tar.FileInfoHeader(info, filepath.ToSlash(link))
	if err != nil {
		return err
	}
	h.Name, h.Format, h.Mode = "./"+name, tar.FormatPAX, int64(Mode(info))
	if name == "." {
		h.Name = "./"
	} else if info.IsDir() {
		h.Name += "/"
	}
	h.Uid, h.Gid, h.Uname, h.Gname, h.AccessTime, h.ChangeTime = 0, 0, "", "", time.Time{}, time.Time{}
	if info.Mode().IsRegular() {
		if id, shared := inodeOf(info); shared {
			if first, ok := p.seen[id]; ok {
				h.Typeflag, h.Linkname, h.Size = tar.TypeLink, first, 0
				p.report.Links++
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

// Mode is the mode that a file or folder of this computer gets elsewhere. Windows knows none and says that everybody may write.
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
	n, err := io.CopyN(p.out, f, size) // what is appended meanwhile is left for the next time
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("%s became shorter while it was read: %d of %d bytes", name, n, size)
	}
	p.report.Files++
	p.report.Bytes += n
	return err
}
