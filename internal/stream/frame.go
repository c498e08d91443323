package stream

import (
	"bytes"
	"io"
	"regexp"
	"sync"
	"time"
)

// markerLength is the length of a marker, which is a UUID.
const markerLength = 36

var uuid = regexp.MustCompile(`^[0-9a-f-]{36}$`)

// MaxText is the maximum length of a frame's text, in bytes.
const MaxText = 256

// holdLimit is how long data that may be the beginning of a frame is held back. A script writes a frame in one piece, so the rest of
// it follows at once. Data that happens to end in NUL must not be held until its answer arrives.
const holdLimit = 50 * time.Millisecond

// FrameWriter passes data on to another writer unchanged and takes the frames out of it. A frame is NUL, a marker, a text, NUL. The
// marker is a random UUID that tells frames from the stream's content. The script in the pod, which writes the frames, makes it, as
// other users of the node can read a program's arguments. It announces the marker by its first frame, whose text is empty, before
// anything else can write to the stream:
//
//	read -r marker </proc/sys/kernel/random/uuid
//	printf '\0%s\0' "$marker"
//
// If the first NUL does not begin such a frame, all of the stream is data.
//
// Only what may be the beginning of a frame is held back, for at most holdLimit. A frame whose rest arrives later than that is passed
// on as data; its reader then misses a frame and must treat the stream as broken. Methods must not be called concurrently.
type FrameWriter struct {
	mu        sync.Mutex // against the timer
	timer     *time.Timer
	out       io.Writer
	announced bool   // the first NUL, and what belongs to it, has been read
	start     []byte // NUL and the marker; nil before the announcement, or if that was not valid
	onFrame   func(text string)
	onError   func(error)
	held      []byte
	err       error
}

// NewFrameWriter returns a FrameWriter to out. It calls onFrame with the text of each frame after the first and onError with the first
// error of out, after which data is dropped and frames are still reported.
func NewFrameWriter(out io.Writer, onFrame func(text string), onError func(error)) *FrameWriter {
	return &FrameWriter{out: out, onFrame: onFrame, onError: onError}
}

// Write implements io.Writer. It never fails, so that the stream is read to its end; see NewFrameWriter for errors of out.
func (f *FrameWriter) Write(p []byte) (int, error) {
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
	if !f.announced {
		data = f.announcement(data)
	}
	if f.start == nil {
		f.pass(data)
		return len(p), nil
	}
	for {
		i := bytes.Index(data, f.start)
		if i < 0 {
			keep := len(data) - partial(data, f.start)
			f.pass(data[:keep])
			f.hold(data[keep:])
			if len(f.held) > 0 {
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

// announcement reads the marker's announcement and returns the data after it. It holds back an incomplete one.
func (f *FrameWriter) announcement(data []byte) []byte {
	i := bytes.IndexByte(data, 0)
	if i < 0 {
		return data
	}
	f.pass(data[:i])
	data = data[i:]
	if len(data) < markerLength+2 {
		f.hold(data)
		return nil
	}
	f.announced = true
	if data[markerLength+1] != 0 || !uuid.Match(data[1:markerLength+1]) {
		return data
	}
	f.start = bytes.Clone(data[:markerLength+1])
	return data[markerLength+2:]
}

func (f *FrameWriter) hold(b []byte) {
	if len(b) > 0 {
		f.held = bytes.Clone(b)
	}
}

func (f *FrameWriter) pass(b []byte) {
	if f.err != nil || len(b) == 0 {
		return
	}
	if _, f.err = f.out.Write(b); f.err != nil {
		f.onError(f.err)
	}
}

// Flush passes on what is held back.
func (f *FrameWriter) Flush() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pass(f.held)
	f.held = nil
}

// partial returns the length of the longest suffix of data that is a proper prefix of start.
func partial(data, start []byte) int {
	for n := min(len(start)-1, len(data)); n > 0; n-- {
		if bytes.HasSuffix(data, start[:n]) {
			return n
		}
	}
	return 0
}
