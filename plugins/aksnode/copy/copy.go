// Package copy copies files and folders between this computer and a Linux node. It compares checksums, resumes a file where an
// earlier copy of it stopped, and reconnects when the connection breaks.
package copy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/transfer"
)

// Copier copies one file or folder between Remote, an absolute path on Node, and Local, a path on this computer. All fields must be
// set. Download and Upload may each be called once.
type Copier struct {
	App     *cli.App // prints notes, warnings and progress
	Clients *kube.Clients
	Node    *corev1.Node
	// Lease returns a running node pod on Node. It is called again after each broken connection, with the lease of a pod that is gone
	// or else nil. The pod stays the caller's.
	Lease func(ctx context.Context, gone *nodepod.Lease) (*nodepod.Lease, error)
	// ExecOnly makes all bytes go through exec rather than through a port of the node's loopback.
	ExecOnly      bool
	Remote, Local string
}

// remoteFile describes what a path on the node refers to, with symbolic links followed.
type remoteFile struct {
	kind  string // file, folder, virtual (made by the kernel), other, or none
	size  int64
	mtime time.Time
	mode  uint32
}

// statScript says what $A1 is, through links.
const statScript = `
if [ -d "$A1" ]; then echo folder 0 0 0
elif [ -f "$A1" ]; then
  case $(stat -L -c %s -- "$A1"):$(stat -f -c %T -- "$A1") in
    0:proc | 0:cgroup* | 0:tracefs | 0:debugfs | 0:securityfs | 4096:sysfs) echo virtual 0 0 0; exit ;;
  esac
  exec stat -L -c 'file %s %Y %a' -- "$A1"
elif [ -e "$A1" ]; then echo other 0 0 0
else echo none 0 0 0; fi`

func (c *Copier) stat(ctx context.Context, path string) (remoteFile, error) {
	var out transfer.Tail
	if err := c.script(ctx, transfer.Script{Text: statScript, Args: []string{path}}, &out); err != nil {
		return remoteFile{}, fmt.Errorf("looking at %s on node %s: %w", path, c.Node.Name, err)
	}
	return parseStat(out.String())
}

func parseStat(text string) (f remoteFile, err error) {
	fields := strings.Fields(text)
	if len(fields) != 4 {
		return f, fmt.Errorf("the node's stat answered %.200q", text)
	}
	f.kind = fields[0]
	size, errSize := strconv.ParseInt(fields[1], 10, 64)
	seconds, errTime := strconv.ParseInt(fields[2], 10, 64)
	mode, errMode := strconv.ParseUint(fields[3], 8, 16)
	f.size, f.mtime, f.mode = size, time.Unix(seconds, 0), uint32(mode)
	return f, errors.Join(errSize, errTime, errMode)
}

func (c *Copier) node() string { return c.Node.Name }

// script runs a small script, whose failure is an error.
func (c *Copier) script(ctx context.Context, s transfer.Script, out io.Writer) error {
	return c.persist(ctx, func(channel *transfer.Channel) (bool, error) {
		channel.ExecOnly = true
		r, err := channel.Run(ctx, s, nil, out)
		if err != nil {
			return false, err
		}
		return true, r.Err()
	})
}

// small is how many bytes are not worth a port.
const small = 4 << 20

// tries is how often in a row a connection may break without anything having come through.
const tries = 5

// persist calls try until it says that it is done. An error of one that is not done is the connection's: then it is called
// again, on a new pod where the pod is gone.
func (c *Copier) persist(ctx context.Context, try func(*transfer.Channel) (done bool, err error)) error {
	for left := tries; ; left-- {
		lease, err := c.Lease(ctx, nil)
		if err != nil {
			return err
		}
		done, err := try(&transfer.Channel{Clients: c.Clients, Pod: lease.Pod, ExecOnly: c.ExecOnly})
		if done {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if errors.Is(err, errProgress) {
			left = tries
		}
		if left == 0 {
			return err
		}
		c.App.Printer().Notef("the connection broke (%v), going on", err)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(time.Second):
		}
		if lease.Gone(ctx) {
			if _, err := c.Lease(ctx, lease); err != nil {
				return err
			}
		}
	}
}

// errProgress is in the error of a connection that broke after something had come through.
var errProgress = errors.New("some of it was copied")

// settled says whether a script that moves bytes is done with, however it ended: only a broken connection is tried again.
func settled(r transfer.Result, err error, moved bool) (bool, error) {
	if err == nil {
		return true, r.Err()
	}
	var unreadable *transfer.StreamError
	if errors.As(err, &unreadable) {
		return true, err
	}
	if moved {
		err = errors.Join(err, errProgress)
	}
	return false, err
}

// partName names the file in which a copy of the source is collected: another source, or another state of it, has another.
func partName(base string, source ...any) string {
	sum := sha256.Sum256(fmt.Append(nil, source...))
	const most = 200 // bytes: file systems take 255
	for len(base) > most {
		_, size := utf8.DecodeLastRuneInString(base)
		base = base[:len(base)-size]
	}
	return "." + base + "." + hex.EncodeToString(sum[:4]) + ".akstools-part"
}
