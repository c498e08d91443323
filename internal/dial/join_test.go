package dial

import (
	"bytes"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
)

// side is the near side of a Join. Reads and writes are independent.
type side struct {
	io.Reader
	bytes.Buffer
}

func (s *side) Read(p []byte) (int, error)  { return s.Reader.Read(p) }
func (s *side) Write(p []byte) (int, error) { return s.Buffer.Write(p) }

func TestJoinPassesTheEndOn(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		got, _ := io.ReadAll(c) // until the near side's end
		_, _ = c.Write(append([]byte("got "), got...))
	}()
	far, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	near := &side{Reader: bytes.NewReader([]byte("hello"))}
	if err := Join(near, far); err != nil || near.String() != "got hello" {
		t.Errorf("%q, %v", near.String(), err)
	}
}

func TestJoinTellsABreak(t *testing.T) {
	far := newConn("a:1", func() {})
	go far.send(io.Discard)
	go func() {
		_, _ = far.peer.writes.Write([]byte("half"))
		far.endReads(syscall.ECONNRESET)
	}()
	near := &side{Reader: bytes.NewReader(nil)}
	if err := Join(near, far); !errors.Is(err, syscall.ECONNRESET) || near.String() != "half" {
		t.Errorf("%q, %v", near.String(), err)
	}
}

// If far cannot be told about near's end and then sends nothing more, the result may be incomplete.
func TestJoinTellsSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := newConn("a:1", func() {})
		go far.send(io.Discard)
		go func() { _, _ = far.peer.writes.Write([]byte("half")) }()
		near := &side{Reader: bytes.NewReader(nil)}
		if err := Join(near, far); !errors.Is(err, ErrSilent) || near.String() != "half" {
			t.Errorf("%q, %v", near.String(), err)
		}
		_ = far.Close()
	})
}
