package copy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/akstools/akstools/internal/archive"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/transfer"
)

// The scripts of an upload. $A1 is the part.
const (
	sizeScript = `stat -c %s -- "$A1" 2>/dev/null || { umask 077; : >"$A1" && echo 0; }`
	// $A2 is where to begin, $A3 how many bytes
	writeScript = `
[ "$(stat -c %s -- "$A1" 2>/dev/null || echo 0)" = "$A2" ] || { echo "$A1 changed meanwhile" >&2; exit 95; }
exec dd of="$A1" bs=131072 iflag=count_bytes,fullblock oflag=append conv=notrunc count="$A3" status=none`
	// $A2 is the checksum, $A3 the mode, $A4 the time, $A5 the destination; it may have been done before, and lost its answer
	placeScript = `
if [ ! -e "$A1" ] && is=$(sum <"$A5") && [ "${is%% *}" = "$A2" ]; then exit 0; fi
is=$(sum <"$A1") || exit 1
[ "${is%% *}" = "$A2" ] || { rm -f -- "$A1"; echo "the checksums differ" >&2; exit 94; }
chmod "$A3" -- "$A1" && touch -d "@$A4" -- "$A1" && mv -fT -- "$A1" "$A5"`
)

func (c *Copier) Upload(ctx context.Context) error {
	info, err := os.Stat(c.Local)
	if err != nil {
		return err
	}
	there, err := c.stat(ctx, c.Remote)
	if err != nil {
		return err
	}
	dest := c.Remote
	switch {
	case there.kind == "folder":
		abs, err := filepath.Abs(c.Local)
		if err != nil {
			return err
		}
		dest = path.Join(dest, filepath.Base(abs))
	case strings.HasSuffix(dest, "/"):
		return fmt.Errorf("node %s has no folder %s", c.Node.Name, dest)
	case there.kind == "other" || there.kind == "virtual": // what is put in its place would not be it
		return cli.WithHint(fmt.Errorf("%s of node %s is no regular file, and is not written to", dest, c.Node.Name),
			cmdline.Quote([]string{"kubectl", "aksnode", "ssh", c.Node.Name, "--", "sh", "-c", `cat > "$0"`, dest})+" < FILE")
	}
	if info.IsDir() {
		return c.uploadTree(ctx, dest)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is neither file nor folder", c.Local)
	}
	return c.uploadFile(ctx, info, dest)
}

func (c *Copier) uploadFile(ctx context.Context, info os.FileInfo, dest string) error {
	f, err := os.Open(c.Local)
	if err != nil {
		return err
	}
	defer f.Close()
	abs, err := filepath.Abs(c.Local)
	if err != nil {
		return err
	}
	ours := hashHere(f, info.Size())
	part := path.Join(path.Dir(dest), partName(path.Base(dest), abs, info.Size(), info.ModTime().UnixNano()))
	p := c.progress(0, info.Size())
	err = c.persist(ctx, func(channel *transfer.Channel) (bool, error) {
		return c.sendRest(ctx, channel, f, info.Size(), part, p)
	})
	p.end()
	if err != nil {
		if p.done() == 0 {
			return err
		}
		return cli.WithHint(err, "what was copied is on the node in "+part+"; the same command goes on from there")
	}
	sum := <-ours
	if sum.err != nil {
		return sum.err
	}
	place := []string{part, sum.text, strconv.FormatUint(uint64(archive.Mode(info)), 8), strconv.FormatInt(info.ModTime().Unix(), 10), dest}
	if err := c.script(ctx, transfer.Script{Text: placeScript, Args: place}, io.Discard); err != nil {
		return fmt.Errorf("putting %s in its place on node %s: %w", dest, c.Node.Name, err)
	}
	p.summary(1)
	return nil
}

// hashHere computes the checksum of the file's beginning, meanwhile.
func hashHere(f *os.File, size int64) <-chan checksum {
	done := make(chan checksum, 1)
	go func() {
		sum := sha256.New()
		_, err := io.Copy(sum, io.NewSectionReader(f, 0, size))
		done <- checksum{hex.EncodeToString(sum.Sum(nil)), err}
	}()
	return done
}

// sendRest sends what the part on the node lacks.
func (c *Copier) sendRest(ctx context.Context, channel *transfer.Channel, f *os.File, size int64, part string, p *progress) (bool, error) {
	var out transfer.Tail
	slow := *channel
	slow.ExecOnly = true
	r, err := slow.Run(ctx, transfer.Script{Text: sizeScript, Args: []string{part}}, nil, &out)
	if err != nil || r.Code != 0 {
		return settled(r, err, false)
	}
	have, err := strconv.ParseInt(strings.TrimSpace(out.String()), 10, 64)
	if err != nil || have > size {
		return true, fmt.Errorf("%s on node %s is not a part of this file: remove it", part, c.Node.Name)
	}
	if have > 0 && p.done() == 0 {
		c.App.Printer().Notef("going on after %s of %s", bytesOf(have), bytesOf(size))
	}
	p.set(have)
	channel.ExecOnly = channel.ExecOnly || size-have < small
	in := &exactly{r: io.TeeReader(io.NewSectionReader(f, have, size-have), p), left: size - have, name: c.Local}
	r, err = channel.Run(ctx, transfer.Script{Text: writeScript, Args: []string{part, strconv.FormatInt(have, 10), strconv.FormatInt(size-have, 10)}}, in, nil)
	if in.err != nil {
		return true, in.err
	}
	return settled(r, err, p.done() > have)
}
