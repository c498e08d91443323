package copy

import (
	"errors"
	"fmt"
	"io"
)

// localFile writes to a local file and accepts only left more bytes. It keeps its error, to distinguish it from one of the connection.
type localFile struct {
	w    io.Writer
	left int64
	err  error
}

func (f *localFile) Write(p []byte) (int, error) {
	f.left -= int64(len(p))
	if f.left < 0 {
		f.err = errors.New("the node sent more data than the size of the file")
		return 0, f.err
	}
	n, err := f.w.Write(p)
	f.err = err
	return n, err
}

// count counts the bytes that are written to it.
type count int64

func (n *count) Write(p []byte) (int, error) {
	*n += count(len(p))
	return len(p), nil
}

// exactReader reads exactly left bytes, for which the script on the node waits. If the source is shorter, Read fails. err keeps an error
// of the source, to distinguish it from one of the connection.
type exactReader struct {
	r    io.Reader
	left int64
	name string
	err  error
}

func (e *exactReader) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.left -= int64(n)
	if errors.Is(err, io.EOF) && e.left > 0 {
		err = fmt.Errorf("%s shrank while it was copied", e.name)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		e.err = err
	}
	return n, err
}
