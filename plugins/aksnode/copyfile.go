package aksnode

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/transfer"
)

// The scripts that move a file. $A1 is the path, $A2 where to begin, $A3 how many bytes.
const (
	readScript  = `exec dd if="$A1" bs=131072 iflag=skip_bytes,count_bytes,fullblock skip="$A2" count="$A3" status=none`
	hashScript  = `exec 3<"$A1"; dd bs=131072 iflag=count_bytes,fullblock count="$A2" status=none <&3 | sha256sum`
	writeScript = `
[ "$(stat -c %s -- "$A1" 2>/dev/null || echo 0)" = "$A2" ] || { echo "$A1 changed meanwhile" >&2; exit 95; }
exec dd of="$A1" bs=131072 iflag=count_bytes,fullblock oflag=append conv=notrunc count="$A3" status=none`
	sizeScript = `stat -c %s -- "$A1" 2>/dev/null || { umask 077; : >"$A1" && echo 0; }`
	// $A2 is the checksum, $A3 the mode, $A4 the time, $A5 the destination
	placeScript = `
is=$(sha256sum <"$A1") || exit 1
[ "${is%% *}" = "$A2" ] || { rm -f -- "$A1"; echo "the checksums differ" >&2; exit 94; }
chmod "$A3" -- "$A1" && touch -d "@$A4" -- "$A1" && mv -fT -- "$A1" "$A5"`
)

func (c *copier) download(ctx context.Context) error {
	source, err := c.stat(ctx, c.remote)
	if err != nil {
		return err
	}
	switch source.kind {
	case "none":
		return fmt.Errorf("node %s has no %s", c.node(), c.remote)
	case "other":
		return fmt.Errorf("%s of node %s is neither file nor folder", c.remote, c.node())
	}
	dest := c.local
	if info, err := os.Stat(dest); err == nil && info.IsDir() {
		if base := path.Base(c.remote); base != "/" && base != "." && base != ".." {
			dest = filepath.Join(dest, base)
		}
	} else if strings.HasSuffix(dest, string(os.PathSeparator)) {
		return fmt.Errorf("there is no folder %s", dest)
	}
	if source.kind == "folder" {
		return c.downloadTree(ctx, dest)
	}
	return c.downloadFile(ctx, source, dest)
}

func (c *copier) downloadFile(ctx context.Context, source remoteFile, dest string) (err error) {
	if info, err := os.Stat(dest); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder", dest)
	}
	if _, err := os.Stat(filepath.Dir(dest)); err != nil {
		return err
	}
	part := filepath.Join(filepath.Dir(dest), partName(filepath.Base(dest), c.link.route.node.UID, c.remote, source.size, source.mtime.Unix()))
	f, err := os.OpenFile(part, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			err = c.keep(err, part)
		}
	}()
	sum := sha256.New()
	have, err := io.Copy(sum, io.LimitReader(f, source.size))
	if err != nil {
		return err
	}
	if have > 0 {
		c.app.Printer().Notef("going on after %s of %s", bytesOf(have), bytesOf(source.size))
	}
	theirs := c.hashThere(ctx, source.size)
	p := c.progress(have, source.size)
	err = c.persist(ctx, func(channel *transfer.Channel) (bool, error) {
		before := have
		r, err := channel.Run(ctx, transfer.Script{Text: readScript, Args: []string{c.remote, strconv.FormatInt(have, 10), strconv.FormatInt(source.size-have, 10)}},
			nil, io.MultiWriter(f, sum, p, (*count)(&have)))
		if err == nil && r.Code == 0 && have < source.size {
			return true, fmt.Errorf("%s became shorter while it was copied", c.remote)
		}
		return settled(r, err, have > before)
	})
	p.end()
	if err != nil {
		return err
	}
	if err := compare(sum, <-theirs); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	if err := errors.Join(f.Chmod(os.FileMode(source.mode)&os.ModePerm), os.Chtimes(part, source.mtime, source.mtime)); err != nil {
		return err
	}
	p.summary(1)
	return os.Rename(part, dest)
}

// settled says whether a script that moves bytes is done with, however it ended: only a broken connection is tried again.
func settled(r transfer.Result, err error, moved bool) (bool, error) {
	if err == nil {
		return true, r.Failed()
	}
	if moved {
		err = errors.Join(err, errProgress)
	}
	return false, err
}

// keep adds to the failure of a copy what is left of it.
func (c *copier) keep(err error, part string) error {
	if info, statErr := os.Stat(part); statErr != nil || info.Size() == 0 {
		_ = os.Remove(part)
		return err
	}
	return cli.WithHint(err, "what was copied is in "+part+"; the same command goes on from there")
}

type checksum struct {
	text string
	err  error
}

// hashThere computes the checksum of the file's beginning on the node, meanwhile.
func (c *copier) hashThere(ctx context.Context, size int64) <-chan checksum {
	done := make(chan checksum, 1)
	go func() {
		var out strings.Builder
		err := c.script(ctx, transfer.Script{Text: hashScript, Args: []string{c.remote, strconv.FormatInt(size, 10)}}, &out)
		text, _, _ := strings.Cut(out.String(), " ")
		done <- checksum{text, err}
	}()
	return done
}

func compare(ours hash.Hash, theirs checksum) error {
	if theirs.err != nil {
		return fmt.Errorf("computing the checksum on the node: %w", theirs.err)
	}
	if got := hex.EncodeToString(ours.Sum(nil)); got != theirs.text {
		return fmt.Errorf("the checksums differ: the file was written to while it was copied (%s here, %.64s on the node)", got, theirs.text)
	}
	return nil
}

// count counts what is written.
type count int64

func (n *count) Write(p []byte) (int, error) {
	*n += count(len(p))
	return len(p), nil
}

func (c *copier) upload(ctx context.Context) error {
	info, err := os.Stat(c.local)
	if err != nil {
		return err
	}
	there, err := c.stat(ctx, c.remote)
	if err != nil {
		return err
	}
	dest := c.remote
	switch {
	case there.kind == "folder":
		abs, err := filepath.Abs(c.local)
		if err != nil {
			return err
		}
		dest = path.Join(dest, filepath.Base(abs))
	case strings.HasSuffix(dest, "/"):
		return fmt.Errorf("node %s has no folder %s", c.node(), dest)
	}
	if info.IsDir() {
		return c.uploadTree(ctx, dest)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is neither file nor folder", c.local)
	}
	return c.uploadFile(ctx, info, dest)
}

func (c *copier) uploadFile(ctx context.Context, info os.FileInfo, dest string) error {
	f, err := os.Open(c.local)
	if err != nil {
		return err
	}
	defer f.Close()
	abs, err := filepath.Abs(c.local)
	if err != nil {
		return err
	}
	part := path.Join(path.Dir(dest), partName(path.Base(dest), abs, info.Size(), info.ModTime().UnixNano()))
	p := c.progress(0, info.Size())
	err = c.persist(ctx, func(channel *transfer.Channel) (bool, error) {
		return c.sendRest(ctx, channel, f, info.Size(), part, p)
	})
	p.end()
	if err != nil {
		return cli.WithHint(err, "what was copied is on the node in "+part+"; the same command goes on from there")
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(f, 0, info.Size())); err != nil {
		return err
	}
	place := []string{part, hex.EncodeToString(sum.Sum(nil)), strconv.FormatUint(uint64(info.Mode().Perm()), 8), strconv.FormatInt(info.ModTime().Unix(), 10), dest}
	if err := c.script(ctx, transfer.Script{Text: placeScript, Args: place}, io.Discard); err != nil {
		return fmt.Errorf("putting %s in its place on node %s: %w", dest, c.node(), err)
	}
	p.summary(1)
	return nil
}

// sendRest sends what the part on the node lacks.
func (c *copier) sendRest(ctx context.Context, channel *transfer.Channel, f *os.File, size int64, part string, p *progress) (bool, error) {
	var out strings.Builder
	slow := *channel
	slow.Slow = true
	r, err := slow.Run(ctx, transfer.Script{Text: sizeScript, Args: []string{part}}, nil, &out)
	if err != nil || r.Code != 0 {
		return settled(r, err, false)
	}
	have, err := strconv.ParseInt(strings.TrimSpace(out.String()), 10, 64)
	if err != nil || have > size {
		return true, fmt.Errorf("%s on node %s is not a part of this file: remove it", part, c.node())
	}
	p.set(have)
	in := io.TeeReader(io.NewSectionReader(f, have, size-have), p)
	r, err = channel.Run(ctx, transfer.Script{Text: writeScript, Args: []string{part, strconv.FormatInt(have, 10), strconv.FormatInt(size-have, 10)}}, in, nil)
	return settled(r, err, p.done() > have)
}
