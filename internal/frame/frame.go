// Package frame mixes short messages into a stream of bytes and takes them out again. A frame is NUL, a marker that the
// stream's own content cannot know, a text, NUL. Scripts in pods write frames with printf '\0%sTEXT\0' "$marker".
package frame

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"io"
	"sync"
	"time"
)

// NewMarker returns a secret by which the frames of one stream are told from its content: 32 hexadecimal digits.
func NewMarker() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}

// MaxText bounds the text of a frame, in bytes.
const MaxText = 256

// holdLimit is how long data that may be the beginning of a frame is held back. A script writes a frame in one piece, so
// its rest comes at once; data that happens to end in NUL must not wait for what may be an answer to it.
const holdLimit = 50 * time.Millisecond

// Writer passes data on to another writer, byte by byte as it came, and takes out the frames. It holds back, for
// holdLimit, only what may be the beginning of a frame. A frame whose rest comes later is not taken for one: then the
// reader misses a frame, which it must treat as a broken stream. Methods may be called from one goroutine at a time.
type Writer struct {
	mu      sync.Mutex // against the timer
	timer   *time.Timer
	out     io.Writer
	start   []byte // NUL and the marker
	onFrame func(text string)
	onError func(error) // called with the first error of out; from then on data is dropped, frames are not
	held    []byte
	err     error
}

// NewWriter returns a Writer to out. onFrame gets each frame's text; onError gets out's first error.
func NewWriter(out io.Writer, marker string, onFrame func(text string), onError func(error)) *Writer {
	return &Writer{out: out, start: append([]byte{0}, marker...), onFrame: onFrame, onError: onError}
}

// Write never fails, so that the stream goes on to its end; see onError of NewWriter.
func (f *Writer) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.timer != nil {
		f.timer.Stop()
		f.timer = nil
	}
	data := p
	if len(f.held) > 0 {
		data = append(f.held, p...)
		f.held = nil
	}
	for {
		i := bytes.Index(data, f.start)
		if i < 0 {
			keep := len(data) - partial(data, f.start)
			f.pass(data[:keep])
			if f.hold(data[keep:]); len(f.held) > 0 {
				f.timer = time.AfterFunc(holdLimit, f.Flush)
			}
			return len(p), nil
		}
		f.pass(data[:i])
		text := data[i+len(f.start):]
		end := bytes.IndexByte(text, 0)
		switch {
		case end >= 0 && end <= MaxText:
			f.onFrame(string(text[:end]))
			data = text[end+1:]
		case end < 0 && len(text) <= MaxText:
			f.hold(data[i:])
			return len(p), nil
		default: // no frame of ours is that long
			f.pass(data[i : i+len(f.start)])
			data = text
		}
	}
}

func (f *Writer) hold(b []byte) {
	if len(b) > 0 {
		f.held = bytes.Clone(b)
	}
}

func (f *Writer) pass(b []byte) {
	if f.err != nil || len(b) == 0 {
		return
	}
	if _, f.err = f.out.Write(b); f.err != nil {
		f.onError(f.err)
	}
}

// Flush passes on what is held back.
func (f *Writer) Flush() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pass(f.held)
	f.held = nil
}

// partial returns the length of the longest end of data that begins start.
func partial(data, start []byte) int {
	for n := min(len(start)-1, len(data)); n > 0; n-- {
		if bytes.HasSuffix(data, start[:n]) {
			return n
		}
	}
	return 0
}
