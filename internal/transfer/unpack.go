package transfer

import (
	"bufio"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds the memory that the node's stream may make us use; zstd -1 uses a window of 512 KiB.
const maxWindow = 8 << 20

// unpacker gives what is written to it, as pack made it, to another writer.
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

// finish returns when all that was written is with the other writer. err is why no more comes, nil at the end of all; it is in what
// is returned.
func (u *unpacker) finish(err error) error {
	_ = u.CloseWithError(err)
	unpacked := <-u.ended
	if err != nil {
		return err
	}
	return unpacked
}

func unpack(out io.Writer, in io.Reader) error {
	buffered := bufio.NewReader(in)
	format, err := buffered.ReadString('\n')
	if err != nil {
		return fmt.Errorf("the node's stream ended before its first line: %w", err)
	}
	switch format {
	case "plain\n":
		_, err = io.CopyBuffer(struct{ io.Writer }{out}, buffered, make([]byte, 128<<10))
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
	return fmt.Errorf("the node sent %.40q where the format was to be named", format)
}
