package probe

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// newMarker returns the secret of one session by which frames are told from the command's own output.
func newMarker() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}

// maxFrame bounds the text of a frame.
const maxFrame = 64

// frames is a writer that passes data on to out, byte by byte as it came, and takes out the frames: NUL marker text NUL.
// It holds back only what may be the beginning of a frame.
type frames struct {
	out     io.Writer
	start   []byte // NUL and the marker
	onFrame func(text string)
	onError func(error) // called with the first error of out; from then on data is dropped, frames are not
	held    []byte
	err     error
}

func newFrames(out io.Writer, marker string, onFrame func(string), onError func(error)) *frames {
	return &frames{out: out, start: append([]byte{0}, marker...), onFrame: onFrame, onError: onError}
}

// Write never fails, so that the stream goes on to its end; see err.
func (f *frames) Write(p []byte) (int, error) {
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
			f.hold(data[keep:])
			return len(p), nil
		}
		f.pass(data[:i])
		text := data[i+len(f.start):]
		end := bytes.IndexByte(text, 0)
		switch {
		case end >= 0 && end <= maxFrame:
			f.onFrame(string(text[:end]))
			data = text[end+1:]
		case end < 0 && len(text) <= maxFrame:
			f.hold(data[i:])
			return len(p), nil
		default: // no frame of ours is that long
			f.pass(data[i : i+len(f.start)])
			data = text
		}
	}
}

func (f *frames) hold(b []byte) {
	if len(b) > 0 {
		f.held = bytes.Clone(b)
	}
}

func (f *frames) pass(b []byte) {
	if f.err != nil || len(b) == 0 {
		return
	}
	if _, f.err = f.out.Write(b); f.err != nil {
		f.onError(f.err)
	}
}

// flush passes on what was held back, when the stream has ended.
func (f *frames) flush() {
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

// The kinds of frames, each a frame's first letter.
const (
	frameStart = 'S' // the command is about to run
	frameEnd   = 'E' // the stream has ended; on stderr and on a terminal with the numbers of an ending
)

// ending is how a command ended.
type ending struct {
	code     int
	stdinEOF bool  // the command's side saw the end of stdin ...
	stdin    int64 // ... after this many bytes
}

// parseEnding reads "CODE EOF COUNT".
func parseEnding(text string) (e ending, err error) {
	fields := strings.Fields(text)
	if len(fields) != 3 {
		return e, fmt.Errorf("end of the command: %q is not three numbers", text)
	}
	if e.code, err = strconv.Atoi(fields[0]); err != nil || e.code < 0 || e.code > 255 {
		return e, fmt.Errorf("end of the command: %q is no exit code", fields[0])
	}
	e.stdinEOF = fields[1] == "1"
	if e.stdin, err = strconv.ParseInt(fields[2], 10, 64); err != nil {
		return e, fmt.Errorf("end of the command: %q is no count", fields[2])
	}
	return e, nil
}
