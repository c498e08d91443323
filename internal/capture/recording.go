// Package capture captures packets at several places at once, by tcpdump in network namespaces of nodes and on this computer. To a node
// without tcpdump it sends a recorder of its own, which captures the same.
package capture

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gopacket/gopacket/layers"

	"github.com/akstools/akstools/internal/capture/pcap"
	"github.com/akstools/akstools/internal/capture/trace"
	"github.com/akstools/akstools/internal/podprocess"
)

//go:embed record.sh
var recordScript string

// Run runs argv somewhere, with these streams, and returns its exit code. in may block; out and errOut receive everything that was written
// before Run returns.
type Run func(ctx context.Context, argv []string, in io.Reader, out, errOut io.Writer) (int, error)

// Point is where to capture.
type Point struct {
	trace.Place
	Run Run
	// PodUID is the pod whose network namespace it is; empty: that in which Run runs commands.
	PodUID string
	// Toward is an address: packets are captured on the interface through which packets to it leave. Empty: on all interfaces.
	Toward string
	// Sends is called before a recorder is sent to the place, which has no tcpdump. Nil: none is sent.
	Sends func()
}

// Options bound what is captured at each place.
type Options struct {
	Filter  string // as tcpdump takes it
	Limit   time.Duration
	Packets int
	Bytes   int64
	Full    bool // keep what packets carry
}

// snap is how many bytes of a packet are read unless all are kept: enough for headers with all their options.
const snap, fullSnap = 256, 262144

// Recording is a capture at one place.
type Recording struct {
	Point
	Link    layers.LinkType // of all Captured
	Caught  []pcap.Packet
	options Options
	with    *recorder
	stop    *stopper
	notes   *messages
	done    chan struct{}
	err     error
}

// startLimit is how long a recorder may take to begin.
const startLimit = 20 * time.Second

// Start begins to capture at the point, and returns once packets are captured. The caller must call Wait, which ends it, on every path
// unless Start fails.
func Start(ctx context.Context, p Point, o Options) (*Recording, error) {
	r, err := start(ctx, p, o, &recorder{})
	missing := (*NoToolError)(nil)
	if !errors.As(err, &missing) || p.Sends == nil {
		return r, err
	}
	sent, unable := recorderFor(missing.Machine, o.Filter)
	if unable != nil {
		return nil, fmt.Errorf("%w, and %w", err, unable)
	}
	p.Sends()
	return start(ctx, p, o, sent)
}

// start begins to capture with the recorder.
func start(ctx context.Context, p Point, o Options, with *recorder) (*Recording, error) {
	r := &Recording{
		Point: p, options: o, with: with, stop: newStopper(), notes: &messages{ready: make(chan struct{})}, done: make(chan struct{}),
	}
	go r.run(ctx)
	select {
	case <-r.notes.ready:
		r.From = time.Now()
		return r, nil
	case <-r.done:
		if r.err == nil {
			r.err = errors.New("it ended at once")
		}
	case <-time.After(startLimit):
		r.stop.stop()
		<-r.done
		r.err = fmt.Errorf("it did not begin within %s", startLimit)
	}
	return nil, fmt.Errorf("capturing at %s: %w", p.Name, r.err)
}

// run captures until it is told to stop or reaches a bound.
func (r *Recording) run(ctx context.Context) {
	defer close(r.done)
	in, out := io.Pipe()
	read := make(chan error, 1)
	go func() { read <- r.read(in) }()
	bytes := snap
	if r.options.Full {
		bytes = fullSnap
	}
	argv := []string{
		"/usr/bin/bash", "-c", podprocess.Script + recordScript, "record", r.PodUID, r.Toward, strconv.Itoa(int(r.options.Limit.Seconds())),
		strconv.Itoa(r.options.Packets), strconv.Itoa(bytes), r.options.Filter, strconv.Itoa(len(r.with.packed)), r.with.sum, r.with.program,
	}
	code, err := r.Run(ctx, argv, io.MultiReader(strings.NewReader(r.with.packed), r.stop), out, r.notes)
	_ = out.Close()
	readErr := <-read
	switch {
	case err != nil:
		r.err = err
	case code != 0 && code != exitTimeout:
		r.err = r.failed(code)
	case readErr != nil:
		r.err = readErr
	}
	r.end()
}

// Exit codes of record.sh, and of timeout.
const (
	exitNotRun    = 96
	exitNoTool    = 97
	exitNoProcess = 98
	exitNoRoute   = 99
	exitTimeout   = 124
)

// NoToolError reports that a place has no tcpdump.
type NoToolError struct{ Place, Machine string } // Machine is as uname -m prints it

func (e *NoToolError) Error() string { return e.Place + " has no tcpdump" }

func (r *Recording) failed(code int) error {
	text := strings.TrimSpace(r.notes.String())
	switch code {
	case exitNoTool:
		return &NoToolError{r.Name, strings.TrimPrefix(text, "machine ")}
	case exitNotRun:
		return fmt.Errorf("the recorder cannot be run there: %s", cmp.Or(text, "its file is not what was sent"))
	case exitNoProcess:
		return errors.New("no process of the pod was found on its node")
	case exitNoRoute:
		return errors.New("the node has no route to " + r.Toward)
	}
	if text != "" {
		return errors.New(text)
	}
	return fmt.Errorf("exit code %d", code)
}

// read reads what tcpdump writes, without what packets carry, up to the bound.
func (r *Recording) read(in *io.PipeReader) error {
	defer func() { _, _ = io.Copy(io.Discard, in) }()
	packets, err := pcap.NewReader(in)
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
	packets.Full, r.Link = r.options.Full, packets.Link()
	bytes := int64(0)
	for {
		p, err := packets.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if bytes += int64(len(p.Data)) + packetCost; bytes > r.options.Bytes {
			r.Bound = fmt.Sprintf("%d MB", r.options.Bytes>>20)
			r.stop.stop()
			return nil
		}
		r.Caught = append(r.Caught, p)
	}
}

// packetCost is about what a packet takes in memory besides what is kept of it.
const packetCost = 200

// end fills in what is known at the end.
func (r *Recording) end() {
	r.Packets, r.Dropped = len(r.Caught), r.notes.dropped
	told, at := r.stop.told()
	r.Until = at
	if told {
		return
	}
	r.Until = time.Now()
	if r.Bound == "" && r.err == nil {
		r.Bound = r.options.Limit.String()
		if r.Packets >= r.options.Packets {
			r.Bound = fmt.Sprintf("%d packets", r.options.Packets)
		}
	}
}

// Stop tells it to stop, and does not wait.
func (r *Recording) Stop() { r.stop.stop() }

// Done is closed once it has ended.
func (r *Recording) Done() <-chan struct{} { return r.done }

// Wait stops it and returns once everything that was captured is there.
func (r *Recording) Wait() error {
	r.stop.stop()
	<-r.done
	if r.err != nil {
		return fmt.Errorf("capturing at %s: %w", r.Name, r.err)
	}
	return nil
}

// stopper is the stdin of record.sh: a line once it is told to stop.
type stopper struct {
	once sync.Once
	done chan struct{}
	at   time.Time
	sent bool
}

func newStopper() *stopper { return &stopper{done: make(chan struct{})} }

func (s *stopper) stop() {
	s.once.Do(func() {
		s.at = time.Now()
		close(s.done)
	})
}

// told reports whether it was told to stop, and when.
func (s *stopper) told() (bool, time.Time) {
	select {
	case <-s.done:
		return true, s.at
	default:
		return false, time.Time{}
	}
}

// Read implements io.Reader.
func (s *stopper) Read(p []byte) (int, error) {
	<-s.done
	if s.sent || len(p) == 0 {
		return 0, io.EOF
	}
	s.sent = true
	p[0] = '\n'
	return 1, nil
}
