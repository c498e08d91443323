package copy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/akstools/akstools/internal/archive"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/transfer"
)

// The scripts that move a folder, $A1; what passes is hashed on its way. $A2 is the length of the stream.
const (
	packScript = `
all() { { tar -C "$A1" -cf - . ; echo "tar $?" >&2; } | { tee /dev/fd/4 | sum >&2; } 4>&1 | cat; }
pack all`
	// folders that are there stay as they are, and so do links in their places; what is not there is made beside, and moved
	unpackScript = `
if [ -e "$A1" ]; then
  to=$A1 keep="--keep-directory-symlink --no-overwrite-dir"
else
  to=${A1%/}.akstools-part keep=
  rm -rf -- "$to"
  mkdir -p -- "${to%/*}/" && (umask 077 && mkdir -- "$to") || exit 1
fi
dd bs=131072 iflag=count_bytes,fullblock count="$A2" status=none | { tee /dev/fd/4 | sum >&2; } 4>&1 |
  tar -C "$to" --no-same-owner $keep -xpf - || exit
[ -n "$keep" ] || mv -T -- "$to" "${A1%/}"`
)

var (
	sumLine = regexp.MustCompile(`(?m)^([0-9a-f]{64}) [ *](?:-|stdin)$\n?`)
	tarLine = regexp.MustCompile(`(?m)^tar ([0-9]+)$\n?`)
)

// tarDiffers is how tar ends where files changed while it read them, such as logs that grow
// (https://www.gnu.org/software/tar/manual/html_section/Synopsis.html). Each is copied as long as it was at first.
const tarDiffers = "1"

// downloadTree copies a folder. A broken connection ends it. Into a folder that is there it writes; another is made beside
// its place, and moved there, so that the same command again does not find the half of it and copy into that.
func (c *Copier) downloadTree(ctx context.Context, dest string) error {
	into := dest
	if _, err := os.Lstat(dest); errors.Is(err, fs.ErrNotExist) {
		into = filepath.Clean(dest) + ".akstools-part"
		if err := os.RemoveAll(into); err != nil {
			return err
		}
	}
	report, err := c.unpackInto(ctx, into)
	if err != nil {
		return cli.WithHint(err, "what was copied is in "+into+"; the same command begins again")
	}
	if into != dest {
		if err := os.Rename(into, dest); err != nil {
			return err
		}
	}
	return c.complete(report)
}

// unpackInto copies what is in the remote folder into one here, which it makes.
func (c *Copier) unpackInto(ctx context.Context, into string) (report archive.Report, err error) {
	if err := os.MkdirAll(into, 0o755); err != nil {
		return report, err
	}
	root, err := os.OpenRoot(into)
	if err != nil {
		return report, err
	}
	defer root.Close()
	lease, err := c.Lease(ctx, nil)
	if err != nil {
		return report, err
	}
	channel := &transfer.Channel{Clients: c.Clients, Pod: lease.Pod, ExecOnly: c.ExecOnly}
	p := c.progress(0, 0)
	sum := sha256.New()
	reader, writer := io.Pipe()
	var result transfer.Result
	go func() {
		var err error
		result, err = channel.Run(ctx, transfer.Script{Text: packScript, Args: []string{c.Remote}, Packed: true}, nil, io.MultiWriter(writer, sum, p))
		if err == nil {
			err = transfer.Result{Code: result.Code, Stderr: without(result.Stderr)}.Err()
		}
		_ = writer.CloseWithError(err) // nil: the end
	}()
	report, err = archive.Unpack(reader, root, c.Remote)
	if err == nil {
		_, err = io.Copy(io.Discard, reader) // what follows the archive's end; and now result is there
	}
	_ = reader.CloseWithError(errors.Join(errors.New("the archive could not be unpacked"), err))
	p.end()
	if err != nil {
		return report, fmt.Errorf("copying %s of node %s: %w", c.Remote, c.Node.Name, err)
	}
	if err := c.packed(result.Stderr, hex.EncodeToString(sum.Sum(nil))); err != nil {
		return report, err
	}
	p.summary(report.Files)
	return report, nil
}

// without leaves out of what the node's side said what only we want to know.
func without(stderr string) string {
	return tarLine.ReplaceAllString(sumLine.ReplaceAllString(stderr, ""), "")
}

// packed judges what the node's side said.
func (c *Copier) packed(stderr, ours string) error {
	theirs, code := sumLine.FindStringSubmatch(stderr), tarLine.FindStringSubmatch(stderr)
	if theirs == nil || theirs[1] != ours {
		return fmt.Errorf("copying %s of node %s: the checksums differ", c.Remote, c.Node.Name)
	}
	said := without(stderr)
	if code == nil || code[1] != "0" && code[1] != tarDiffers {
		return fmt.Errorf("%s of node %s could not be read whole: %s", c.Remote, c.Node.Name, said)
	}
	if said != "" {
		c.App.Printer().Warnf("%s", said)
	}
	return nil
}

// complete is an error where something was left out: the copy is not the same.
func (c *Copier) complete(report archive.Report) error {
	const named = 10
	for _, s := range report.Skipped[:min(named, len(report.Skipped))] {
		c.App.Printer().Warnf("%s is left out: %s", s.Name, s.Why)
	}
	if n := len(report.Skipped); n > 0 {
		return fmt.Errorf("%d entries were left out, all others were copied", n)
	}
	return nil
}

// uploadTree copies a folder: once through for its length and checksum, then for the node.
func (c *Copier) uploadTree(ctx context.Context, dest string) error {
	sum, size := sha256.New(), count(0)
	if _, err := archive.Pack(ctx, c.Local, io.MultiWriter(sum, &size)); err != nil {
		return err
	}
	lease, err := c.Lease(ctx, nil)
	if err != nil {
		return err
	}
	channel := &transfer.Channel{Clients: c.Clients, Pod: lease.Pod, ExecOnly: c.ExecOnly}
	p := c.progress(0, int64(size))
	reader, writer := io.Pipe()
	var report archive.Report
	packed := make(chan error, 1)
	go func() {
		var err error
		report, err = archive.Pack(ctx, c.Local, io.MultiWriter(writer, p))
		packed <- err
		_ = writer.CloseWithError(err)
	}()
	r, err := channel.Run(ctx, transfer.Script{Text: unpackScript, Args: []string{dest, strconv.FormatInt(int64(size), 10)}},
		&exactly{r: reader, left: int64(size), name: c.Local}, nil)
	_ = reader.CloseWithError(errors.New("the node took no more"))
	p.end()
	if packErr := <-packed; err == nil && r.Code == 0 && packErr != nil {
		err = packErr
	}
	if err == nil {
		err = transfer.Result{Code: r.Code, Stderr: without(r.Stderr)}.Err()
	}
	if err != nil {
		return fmt.Errorf("copying %s to node %s: %w", c.Local, c.Node.Name, err)
	}
	if theirs := sumLine.FindStringSubmatch(r.Stderr); theirs == nil || theirs[1] != hex.EncodeToString(sum.Sum(nil)) {
		return fmt.Errorf("copying %s to node %s: the checksums differ: it was written to while it was copied", c.Local, c.Node.Name)
	}
	p.summary(report.Files)
	return c.complete(report)
}
