package aksnode

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/localfile"
	"github.com/akstools/akstools/internal/noderun"
)

const (
	// maxAzureCopy is how large a file may be that is copied through Azure, in 4 KiB a run command.
	maxAzureCopy = 64 << 10
	// azureCopyParts is what that takes if it cannot be compressed.
	azureCopyParts = 24
)

// readThroughAzure prints the file $1, of up to $2 bytes, to stdout, and its kind, mode and time to stderr.
const readThroughAzure = `
if [ -d "$1" ]; then kind=directory
elif ! [ -e "$1" ]; then kind=none
elif ! [ -f "$1" ]; then kind=other
elif [ "$(stat -L -c %s -- "$1")" -gt "$2" ]; then kind=large
else
  stat -L -c 'file %a %Y' -- "$1" >&2
  exec head -c "$(($2 + 1))" -- "$1" # some files are larger than they say
fi
echo "$kind 0 0" >&2`

// throughAzure copies a small file from the node by the run command of its machine.
func (o *copyOptions) throughAzure(ctx context.Context, clients *kube.Clients) error {
	dest := o.local
	if info, err := os.Stat(dest); err == nil && info.IsDir() {
		dest = filepath.Join(dest, path.Base(o.remote))
	}
	f, err := localfile.Create(dest)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	m, err := o.pod.machines(o.app, clients)
	if err != nil {
		return err
	}
	out, err := m.Runner(azureCopyParts).Run(ctx, o.node, noderun.Command{
		Argv: []string{"/bin/sh", "-c", readThroughAzure, "read", o.remote, strconv.Itoa(maxAzureCopy)},
	})
	if err != nil {
		return err
	}
	mode, changed, err := o.fileRead(out)
	if err != nil {
		return err
	}
	if _, err := f.Write(out.Stdout); err != nil {
		return err
	}
	if err := f.Chmod(mode); err != nil {
		return err
	}
	if err := os.Chtimes(f.Name(), changed, changed); err != nil {
		return err
	}
	return f.Commit()
}

// fileRead returns the mode and the time of the file that was read, or why none was.
func (o *copyOptions) fileRead(out noderun.Output) (mode os.FileMode, changed time.Time, err error) {
	fields := strings.Fields(string(out.Stderr))
	if len(out.Stdout) > maxAzureCopy {
		fields = []string{"large", "0", "0"}
	}
	if out.ExitCode != 0 || len(fields) != 3 || out.Truncated && fields[0] != "large" {
		return 0, changed, fmt.Errorf("reading %s on node %s failed: %.300q", o.remote, o.node, out.Stderr)
	}
	switch fields[0] {
	case "none":
		return 0, changed, fmt.Errorf("%s does not exist on node %s", o.remote, o.node)
	case "directory", "other":
		return 0, changed, fmt.Errorf("%s on node %s is no regular file, and --via azure copies nothing else", o.remote, o.node)
	case "large":
		tail := cmdline.Kubectl("aksnode", "run", o.node, "--via", viaAzure, "--keep", keepTail, "--", "cat", o.remote)
		return 0, changed, cli.WithHint(
			fmt.Errorf("%s on node %s is larger than %d KiB, the limit of --via azure", o.remote, o.node, maxAzureCopy>>10),
			"read its end: "+tail.String())
	}
	bits, errMode := strconv.ParseUint(fields[1], 8, 16)
	seconds, errTime := strconv.ParseInt(fields[2], 10, 64)
	return os.FileMode(bits) & os.ModePerm, time.Unix(seconds, 0), errors.Join(errMode, errTime)
}
