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

	"github.com/akstools/akstools/internal/archive"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/transfer"
)

// packScript packs the directory $A1. It also computes the checksum of the stream.
const packScript = `
all() { { tar -C "$A1" -cf - . ; echo "tar $?" >&2; } | { tee /dev/fd/4 | sum >&2; } 4>&1 | cat; }
pack all`

var (
	sumLine = regexp.MustCompile(`(?m)^([0-9a-f]{64}) [ *](?:-|stdin)$\n?`)
	tarLine = regexp.MustCompile(`(?m)^tar ([0-9]+)$\n?`)
)

// tarDiffers is the exit code of tar if files, such as growing logs, changed while it read them
// (https://www.gnu.org/software/tar/manual/html_section/Synopsis.html). It packs as much of each as there was at first.
const tarDiffers = "1"

// downloadTree copies a directory to dest. It does not resume: a broken connection is an error. If dest does not exist, the copy is
// created under a temporary name and renamed at the end. Otherwise the same command, run again after an error, would find the incomplete
// directory and copy into it.
func (c *Copier) downloadTree(ctx context.Context, dest string) error {
	into := dest
	if _, err := os.Lstat(dest); errors.Is(err, fs.ErrNotExist) {
		into = filepath.Clean(dest) + ".akstools-part"
		if err := createPart(into); err != nil {
			return err
		}
	}
	summary, err := c.unpackInto(ctx, into)
	if err != nil {
		return cli.WithHint(err, "the incomplete copy is in "+into+"; the same command starts from the beginning")
	}
	if into != dest {
		if err := publish(into, dest, summary.Mode); err != nil {
			return err
		}
	}
	return c.checkSkipped(summary)
}

// createPart creates the directory for an incomplete copy in place of an earlier one. Other users cannot read it.
func createPart(part string) error {
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(part), 0o755); err != nil {
		return err
	}
	return os.Mkdir(part, 0o700)
}

// publish gives the complete copy its name, then the mode that the directory has on the node, without the permission of others here to
// write to it; 0: it stays private.
func publish(part, dest string, mode fs.FileMode) error {
	if err := os.Rename(part, dest); err != nil || mode == 0 {
		return err
	}
	return os.Chmod(dest, mode&^0o022)
}

// unpackInto copies the contents of the remote directory into the local directory into.
func (c *Copier) unpackInto(ctx context.Context, into string) (summary archive.Summary, err error) {
	root, err := os.OpenRoot(into)
	if err != nil {
		return summary, err
	}
	defer root.Close()
	lease, err := c.Lease(ctx, nil)
	if err != nil {
		return summary, err
	}
	channel := &transfer.Channel{Clients: c.Clients, Pod: lease.Pod, ExecOnly: c.ExecOnly}
	p := c.progress(0, 0)
	sum := sha256.New()
	reader, writer := io.Pipe()
	var result transfer.Result
	go func() {
		var err error
		script := transfer.Script{Text: packScript, Args: []string{c.Remote}, Packed: true}
		result, err = channel.Run(ctx, script, nil, io.MultiWriter(writer, sum, p))
		if err == nil {
			err = transfer.Result{Code: result.Code, Stderr: messages(result.Stderr)}.Err()
		}
		_ = writer.CloseWithError(err) // nil becomes io.EOF
	}()
	summary, err = archive.Unpack(reader, root, c.Remote, c.MaxEntries)
	if err == nil {
		_, err = io.Copy(io.Discard, reader) // padding after the archive; at its end result is set
	}
	_ = reader.CloseWithError(errors.Join(errors.New("unpacking the archive failed"), err))
	p.end()
	if err != nil {
		err = fmt.Errorf("copying %s from node %s: %w", c.Remote, c.Node.Name, err)
		var tooMany *archive.TooManyError
		if errors.As(err, &tooMany) {
			err = cli.WithHint(err, "--max-entries 0 copies any number")
		}
		return summary, err
	}
	if err := c.checkPacked(result.Stderr, hex.EncodeToString(sum.Sum(nil))); err != nil {
		return summary, err
	}
	p.summary(summary.Files)
	return summary, nil
}

// messages returns a script's stderr without the lines that are meant for this program.
func messages(stderr string) string {
	return tarLine.ReplaceAllString(sumLine.ReplaceAllString(stderr, ""), "")
}

// checkPacked checks the stderr of packScript: the checksum, which must be localSum, and the exit code of tar. It prints tar's warnings.
func (c *Copier) checkPacked(stderr, localSum string) error {
	remoteSum, code := sumLine.FindStringSubmatch(stderr), tarLine.FindStringSubmatch(stderr)
	if remoteSum == nil || remoteSum[1] != localSum {
		return fmt.Errorf("copying %s from node %s: checksum mismatch", c.Remote, c.Node.Name)
	}
	warnings := messages(stderr)
	if code == nil || code[1] != "0" && code[1] != tarDiffers {
		return fmt.Errorf("reading %s on node %s: %s", c.Remote, c.Node.Name, warnings)
	}
	if warnings != "" {
		c.App.Printer().Warnf("%s", warnings)
	}
	return nil
}

// checkSkipped returns an error if entries were skipped, as the copy is then incomplete, and prints a warning for the first of them.
func (c *Copier) checkSkipped(summary archive.Summary) error {
	const maxWarnings = 10
	for _, s := range summary.Skipped[:min(maxWarnings, len(summary.Skipped))] {
		c.App.Printer().Warnf("skipping %s: %s", s.Name, s.Reason)
	}
	if n := len(summary.Skipped) + summary.Unnamed; n > 0 {
		return fmt.Errorf("%d entries were skipped; all others were copied", n)
	}
	return nil
}
