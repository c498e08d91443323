package copy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/akstools/akstools/internal/archive"
	"github.com/akstools/akstools/internal/transfer"
)

// unpackScript unpacks a stream of $A2 bytes into the directory $A1, and computes its checksum. Before the stream come $A3 bytes of
// listOf. A new directory is created under a temporary name. Existing directories are kept as they are, and so are symbolic links to
// directories, unless another user of the node could have put them there, or could put others there meanwhile: tar follows all links or
// none.
const unpackScript = `
# open reports whether others can change one of the directories, as far as they exist: whether its owner is another user, or its mode lets
# others write, unless it is sticky, such as 1777, where nobody can replace what is not theirs
open() { stat -L -c "%u:%a" -- "$@" 2>/dev/null | grep -Eqv "^$(id -u):([1357]...|[246]?[0-7][0145][0145])$"; }
look() {
  set --
  while IFS= read -r d; do
    [ "$d" != // ] || echo open
    if [ -h "$d" ] && [ -d "$d" ] && ! open "${d%/*}"; then echo link; fi
    set -- "$@" "$d"
    if [ $# = 200 ]; then
      if open "$@"; then echo open; fi
      set --
    fi
  done
  if [ $# -gt 0 ] && open "$@"; then echo open; fi
}
list() { dd bs=131072 iflag=count_bytes,fullblock count="$A3" status=none; }
if [ -e "$A1" ]; then
  to=$A1 keep=--no-overwrite-dir
  cd -- "$to" || exit 1
  case $(list | look) in
  *open*link* | *link*open*)
    echo "$to has directories that another user of the node can change, and symbolic links to directories: copy them separately" >&2
    exit 1
    ;;
  *open*) ;;
  *) keep="$keep --keep-directory-symlink" ;;
  esac
else
  list >/dev/null
  to=${A1%/}.akstools-part keep=
  rm -rf -- "$to"
  mkdir -p -- "${to%/*}/" && (umask 077 && mkdir -- "$to") && cd -- "$to" || exit 1
  [ "$(stat -c '%u %a %d:%i' .)" = "$(id -u) 700 $(stat -c %d:%i -- "$to")" ] || {
    echo "$to is not the directory that was created: something else on the node put it there" >&2
    exit 1
  }
fi
dd bs=131072 iflag=count_bytes,fullblock count="$A2" status=none | { tee /dev/fd/4 | sum >&2; } 4>&1 |
  tar --no-same-owner $keep -xpf - || exit
[ "$to" = "$A1" ] || mv -T -- "$to" "${A1%/}"`

// listOf returns the names of the directories, one a line. A name that is not one line makes it //: then links are not kept.
func listOf(directories []string) string {
	if slices.ContainsFunc(directories, func(d string) bool { return strings.Contains(d, "\n") }) {
		return "//\n"
	}
	return strings.Join(directories, "\n") + "\n"
}

// uploadTree copies a directory to dest. It packs it twice: first to learn the length and the checksum of the stream, then to send it.
func (c *Copier) uploadTree(ctx context.Context, dest string) error {
	sum, size := sha256.New(), count(0)
	first, err := archive.Pack(ctx, c.Local, io.MultiWriter(sum, &size))
	if err != nil {
		return err
	}
	list := listOf(first.Packed)
	lease, err := c.Lease(ctx, nil)
	if err != nil {
		return err
	}
	channel := &transfer.Channel{Clients: c.Clients, Pod: lease.Pod, ExecOnly: c.ExecOnly}
	p := c.progress(0, int64(size))
	reader, writer := io.Pipe()
	var summary archive.Summary
	packed := make(chan error, 1)
	go func() {
		var err error
		summary, err = archive.Pack(ctx, c.Local, io.MultiWriter(writer, p))
		packed <- err
		_ = writer.CloseWithError(err)
	}()
	script := transfer.Script{Text: unpackScript, Args: []string{dest, strconv.FormatInt(int64(size), 10), strconv.Itoa(len(list))}}
	in := io.MultiReader(strings.NewReader(list), &exactReader{r: reader, left: int64(size), name: c.Local})
	r, err := channel.Run(ctx, script, in, nil)
	_ = reader.CloseWithError(errors.New("the node reads no more data"))
	p.end()
	if packErr := <-packed; err == nil && r.Code == 0 && packErr != nil {
		err = packErr
	}
	if err == nil {
		err = transfer.Result{Code: r.Code, Stderr: messages(r.Stderr)}.Err()
	}
	if err != nil {
		return fmt.Errorf("copying %s to node %s: %w", c.Local, c.Node.Name, err)
	}
	if remoteSum := sumLine.FindStringSubmatch(r.Stderr); remoteSum == nil || remoteSum[1] != hex.EncodeToString(sum.Sum(nil)) {
		return fmt.Errorf("copying %s to node %s: checksum mismatch: it was modified while it was copied", c.Local, c.Node.Name)
	}
	p.summary(summary.Files)
	return c.checkSkipped(summary)
}
