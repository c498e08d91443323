package transfer

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds the memory that the node's stream may make us use; zstd -1 uses a window of 512 KiB.
const maxWindow = 8 << 20

// StreamError says that what a node sent cannot be read. Another try would bring the same.
type StreamError struct{ Err error }

func (e *StreamError) Error() string { return "what the node sent cannot be read: " + e.Err.Error() }
func (e *StreamError) Unwrap() error { return e.Err }

// unpacker gives what is written to it, as pack or plain made it, to another writer.
type unpacker struct {
	*io.PipeWriter
	ended chan error
}

func newUnpacker(out io.Writer) *unpacker {
	reader, writer := io.Pipe()
	u := &unpacker{PipeWriter: writer, ended: make(chan error, 1)}
	go func() {
		err := unpack(out, reader)
		_ = reader.CloseWithError(err) // whoever writes more gets it, or io.ErrClosedPipe
		u.ended <- err
	}()
	return u
}

// finish returns when all that was written is with the other writer. err is why no more comes, nil at the end of all; it is
// returned, or else why not all could be unpacked.
func (u *unpacker) finish(err error) error {
	_ = u.CloseWithError(err)
	unpacked := <-u.ended
	if err != nil {
		return err
	}
	return unpacked
}

// unpack returns the errors of in and out as they are, io.ErrUnexpectedEOF where in ends too early, and else a *StreamError.
func unpack(out io.Writer, in io.Reader) error {
	from, to := &source{r: in}, &sink{w: out}
	err := decode(to, from)
	switch {
	case err == nil || errors.Is(err, io.ErrUnexpectedEOF):
		return err
	case to.err != nil:
		return to.err
	case from.err != nil:
		return from.err
	}
	return &StreamError{err}
}

func decode(out io.Writer, in io.Reader) error {
	buffered := bufio.NewReader(in)
	format, err := buffered.ReadSlice('\n') // which is no longer than the buffer
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	switch string(format) {
	case "plain\n":
		_, err = io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{buffered}, make([]byte, 128<<10))
		return err
	case "zstd\n":
		decoder, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return err
		}
		defer decoder.Close()
		_, err = decoder.WriteTo(out)
		return err
	}
	return fmt.Errorf("it began with %.40q where the format was to be named", format)
}

// sink tells an error of the writer from one of the reader that is copied to it.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.err = err
	return n, err
}
