package copy

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
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/transfer"
)

// The scripts of a download. $A1 is the path; of readScript $A2 is where to begin, $A3 how many bytes; of hashScript $A2 is the latter.
const (
	readScript = `
get() { dd if="$A1" bs=131072 iflag=skip_bytes,count_bytes,fullblock skip="$A2" count="$A3" status=none; }
if compresses "$A1" "$A2" "$A3"; then pack get; else plain get; fi`
	hashScript = `exec 3<"$A1"; dd bs=131072 iflag=count_bytes,fullblock count="$A2" status=none <&3 | sum`
)

func (c *Copier) Download(ctx context.Context) error {
	source, err := c.stat(ctx, c.Remote)
	if err != nil {
		return err
	}
	switch source.kind {
	case "none":
		return fmt.Errorf("node %s has no %s", c.Node.Name, c.Remote)
	case "virtual":
		return cli.WithHint(fmt.Errorf("%s of node %s is made by the kernel when it is read, and has no length before", c.Remote, c.Node.Name),
			cmdline.Quote([]string{"kubectl", "aksnode", "ssh", c.Node.Name, "--", "cat", c.Remote})+" > FILE")
	case "other":
		return fmt.Errorf("%s of node %s is neither file nor folder", c.Remote, c.Node.Name)
	}
	dest := c.Local
	if info, err := os.Stat(dest); err == nil && info.IsDir() {
		if base := path.Base(c.Remote); base != "/" && base != "." && base != ".." {
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

func (c *Copier) downloadFile(ctx context.Context, source remoteFile, dest string) (err error) {
	if info, err := os.Stat(dest); err == nil && !info.Mode().IsRegular() {
		if info.IsDir() {
			return fmt.Errorf("%s is a folder", dest)
		}
		return cli.WithHint(fmt.Errorf("%s is no regular file, and is not written to", dest),
			cmdline.Quote([]string{"kubectl", "aksnode", "ssh", c.Node.Name, "--", "cat", c.Remote})+" > "+cmdline.Quote([]string{dest}))
	}
	if _, err := os.Stat(filepath.Dir(dest)); err != nil {
		return err
	}
	part := filepath.Join(filepath.Dir(dest), partName(filepath.Base(dest), c.Node.UID, c.Remote, source.size, source.mtime.Unix()))
	f, err := os.OpenFile(part, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			err = c.keep(err, part)
		}
	}()
	sum := sha256.New()
	have, err := io.Copy(sum, io.LimitReader(f, source.size))
	if err != nil {
		return err
	}
	if have > 0 {
		c.App.Printer().Notef("going on after %s of %s", bytesOf(have), bytesOf(source.size))
	}
	theirs := c.hashThere(ctx, source.size)
	p := c.progress(have, source.size)
	err = c.persist(ctx, func(channel *transfer.Channel) (bool, error) {
		before, disk := have, &disk{w: f, left: source.size - have}
		channel.ExecOnly = channel.ExecOnly || source.size-have < small
		r, err := channel.Run(ctx, transfer.Script{
			Text: readScript, Args: []string{c.Remote, strconv.FormatInt(have, 10), strconv.FormatInt(source.size-have, 10)}, Packed: true,
		}, nil, io.MultiWriter(disk, sum, p, (*count)(&have)))
		if disk.err != nil {
			return true, disk.err
		}
		if err == nil && r.Code == 0 && have < source.size {
			return true, fmt.Errorf("%s became shorter while it was copied", c.Remote)
		}
		return settled(r, err, have > before)
	})
	p.end()
	if err != nil {
		return err
	}
	if err := compare(sum, <-theirs); err != nil {
		return errors.Join(err, f.Close(), os.Remove(part))
	}
	// closed before it is renamed, which Windows wants
	if err := errors.Join(f.Chmod(os.FileMode(source.mode)&os.ModePerm), f.Close(), os.Chtimes(part, source.mtime, source.mtime)); err != nil {
		return err
	}
	p.summary(1)
	return os.Rename(part, dest)
}

// keep adds to the failure of a copy what is left of it.
func (c *Copier) keep(err error, part string) error {
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
func (c *Copier) hashThere(ctx context.Context, size int64) <-chan checksum {
	done := make(chan checksum, 1)
	go func() {
		var out transfer.Tail
		err := c.script(ctx, transfer.Script{Text: hashScript, Args: []string{c.Remote, strconv.FormatInt(size, 10)}}, &out)
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
