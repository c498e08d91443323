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

// The scripts of an upload. $A1 is the file that holds the incomplete copy.
const (
	// hold opens the incomplete copy as file descriptor 3, through which alone it is then written and changed. In a directory that another
	// user of the node can change, a link to a file of root's may stand in its place.
	hold = `
held=/proc/self/fd/3
hold() {
  [ -f "$A1" ] && [ ! -h "$A1" ] && exec 3<"$A1" || { echo "$A1 is not a regular file" >&2; exit 95; }
  is=$(stat -L -c '%u %h %d:%i' $held)
  case $is in
  "$(id -u) 1 $(stat -c %d:%i -- "$A1")") ;;
  *) echo "$A1 is not the incomplete copy: something else on the node put it there" >&2; exit 95 ;;
  esac
}`
	sizeScript = hold + `
if [ -e "$A1" ] || [ -h "$A1" ]; then hold && stat -L -c %s $held; else (set -C; umask 077; : >"$A1") && echo 0; fi`
	// $A2 is the offset, $A3 the number of bytes. A killed upload's script may still write what is on its way, also later than this one:
	// both write the same bytes to the same places.
	writeScript = hold + `
hold
[ "$(stat -L -c %s $held)" -ge "$A2" ] || { echo "$A1 was modified by something else" >&2; exit 95; }
exec dd of=$held bs=131072 iflag=count_bytes,fullblock oflag=seek_bytes seek="$A2" conv=notrunc count="$A3" status=none`
	// $A2 is the checksum, $A3 the mode, $A4 the time, $A5 the destination. An earlier run may have done it without its result getting back
	commitScript = hold + `
if [ ! -e "$A1" ] && is=$(sum <"$A5") && [ "${is%% *}" = "$A2" ]; then exit 0; fi
hold
is=$(sum <&3) || exit 1
[ "${is%% *}" = "$A2" ] || { rm -f -- "$A1"; echo "checksum mismatch" >&2; exit 94; }
touch -c -d "@$A4" $held && chmod "$A3" $held && mv -fT -- "$A1" "$A5" || exit
[ "$A5" -ef $held ] || { echo "$A5 was replaced by something else" >&2; exit 95; }`
)

// Upload copies Local to Remote, or into Remote if that is a directory. It fails if something could not be copied, but copies the rest.
func (c *Copier) Upload(ctx context.Context) error {
	info, err := os.Stat(c.Local)
	if err != nil {
		return err
	}
	existing, err := c.stat(ctx, c.Remote)
	if err != nil {
		return err
	}
	dest := c.Remote
	switch {
	case existing.kind == "directory":
		abs, err := filepath.Abs(c.Local)
		if err != nil {
			return err
		}
		dest = path.Join(dest, filepath.Base(abs))
	case strings.HasSuffix(dest, "/"):
		return fmt.Errorf("directory %s does not exist on node %s", dest, c.Node.Name)
	case existing.kind == "other" || existing.kind == "virtual": // it must be written to, not replaced
		cat := cmdline.Kubectl("aksnode", "ssh", c.Node.Name, "--", "sh", "-c", `cat > "$0"`, dest)
		return cli.WithHint(fmt.Errorf("%s on node %s is not a regular file", dest, c.Node.Name),
			"write to it with: "+cat.String()+" < FILE")
	}
	if info.IsDir() {
		return c.uploadTree(ctx, dest)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is neither a file nor a directory", c.Local)
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
	localSum := hashLocal(f, info.Size())
	part := path.Join(path.Dir(dest), partName(path.Base(dest), abs, info.Size(), info.ModTime().UnixNano()))
	p := c.progress(0, info.Size())
	err = c.retry(ctx, func(channel *transfer.Channel) (bool, error) {
		return c.sendRest(ctx, channel, f, info.Size(), part, p)
	})
	p.end()
	if err != nil {
		if p.done() == 0 {
			return err
		}
		return cli.WithHint(err, "run the same command again to resume; the data so far is on the node in "+part)
	}
	sum := <-localSum
	if sum.err != nil {
		return sum.err
	}
	args := []string{part, sum.text, strconv.FormatUint(uint64(archive.Mode(info)), 8), strconv.FormatInt(info.ModTime().Unix(), 10), dest}
	if err := c.script(ctx, transfer.Script{Text: commitScript, Args: args}, io.Discard); err != nil {
		return fmt.Errorf("renaming the copy to %s on node %s: %w", dest, c.Node.Name, err)
	}
	p.summary(1)
	return nil
}

// hashLocal computes, in the background, the checksum of the first size bytes of the file.
func hashLocal(f *os.File, size int64) <-chan checksum {
	done := make(chan checksum, 1)
	go func() {
		sum := sha256.New()
		_, err := io.Copy(sum, io.NewSectionReader(f, 0, size))
		done <- checksum{hex.EncodeToString(sum.Sum(nil)), err}
	}()
	return done
}

// sendRest sends what the part on the node lacks. It is a try of retry.
func (c *Copier) sendRest(ctx context.Context, channel *transfer.Channel, f *os.File, size int64, part string, p *progress) (bool, error) {
	var out transfer.Tail
	byExec := *channel
	byExec.ExecOnly = true
	r, err := byExec.Run(ctx, transfer.Script{Text: sizeScript, Args: []string{part}}, nil, &out)
	if err != nil || r.Code != 0 {
		return outcome(r, err, false)
	}
	have, err := strconv.ParseInt(strings.TrimSpace(out.String()), 10, 64)
	if err != nil || have > size {
		err := fmt.Errorf("%s on node %s is not an incomplete copy of this file", part, c.Node.Name)
		return true, cli.WithHint(err, "remove it and try again")
	}
	if have > 0 && p.done() == 0 {
		c.App.Printer().Notef("resuming at %s of %s", bytesOf(have), bytesOf(size))
	}
	p.set(have)
	channel.ExecOnly = channel.ExecOnly || size-have < portThreshold
	in := &exactReader{r: io.TeeReader(io.NewSectionReader(f, have, size-have), p), left: size - have, name: c.Local}
	args := []string{part, strconv.FormatInt(have, 10), strconv.FormatInt(size-have, 10)}
	r, err = channel.Run(ctx, transfer.Script{Text: writeScript, Args: args}, in, nil)
	if in.err != nil {
		return true, in.err
	}
	return outcome(r, err, p.done() > have)
}
