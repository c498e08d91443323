package copy

import (
	"errors"
	"fmt"
	"io"
)

// disk writes a local file, of which so many bytes are left, and keeps why it does not, to tell it from an error of the connection.
type disk struct {
	w    io.Writer
	left int64
	err  error
}

func (d *disk) Write(p []byte) (int, error) {
	if d.left -= int64(len(p)); d.left < 0 {
		d.err = errors.New("the node sends more than the file had")
		return 0, d.err
	}
	n, err := d.w.Write(p)
	d.err = err
	return n, err
}

// count counts what is written.
type count int64

func (n *count) Write(p []byte) (int, error) {
	*n += count(len(p))
	return len(p), nil
}

// exactly gives as many bytes as were promised to the node, whose script waits for them; err is why it cannot.
type exactly struct {
	r    io.Reader
	left int64
	name string
	err  error
}

func (e *exactly) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.left -= int64(n)
	if errors.Is(err, io.EOF) && e.left > 0 {
		err = fmt.Errorf("%s became shorter while it was copied", e.name)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		e.err = err
	}
	return n, err
}
