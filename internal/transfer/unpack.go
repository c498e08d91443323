package transfer

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds the memory that a stream from the node may use for decompression; zstd -1 uses a window of 512 KiB.
const maxWindow = 8 << 20

// StreamError reports that packed output of a node is invalid. It makes no sense to try again.
type StreamError struct{ Err error }

func (e *StreamError) Error() string { return "invalid data from the node: " + e.Err.Error() }
func (e *StreamError) Unwrap() error { return e.Err }

// unpacker unpacks what is written to it, in the format of pack.sh, to another writer.
type unpacker struct {
	*io.PipeWriter
	done chan error
}

func newUnpacker(out io.Writer) *unpacker {
	reader, writer := io.Pipe()
	u := &unpacker{PipeWriter: writer, done: make(chan error, 1)}
	go func() {
		err := unpack(out, reader)
		_ = reader.CloseWithError(err) // for further writes; nil becomes io.ErrClosedPipe
		u.done <- err
	}()
	return u
}

// finish waits until everything written has been unpacked. err is the reason why the input ended early, or nil if it is complete.
// finish returns err, or else the error of unpacking.
func (u *unpacker) finish(err error) error {
	_ = u.CloseWithError(err)
	unpackErr := <-u.done
	if err != nil {
		return err
	}
	return unpackErr
}

// unpack returns errors of in and out unchanged, io.ErrUnexpectedEOF if in ends too early, and any other error as a *StreamError.
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
	format, err := buffered.ReadSlice('\n') // fails if the line is longer than the buffer
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
	return fmt.Errorf("unknown format %.40q", format)
}

// sink keeps the error of a writer, to distinguish it from an error of the reader that is copied to it.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.err = err
	return n, err
}
