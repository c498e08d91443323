package stream

import (
	"strings"
	"testing"
)

func TestWindow(t *testing.T) {
	w := NewWindow(strings.NewReader(strings.Repeat("x", windowSize+10)), false)
	buf := make([]byte, 2*windowSize)
	if n, err := w.Read(buf); n != windowSize || err != nil {
		t.Fatalf("read %d, %v", n, err)
	}
	read := make(chan int)
	go func() {
		n, _ := w.Read(buf)
		read <- n
	}()
	w.Acknowledge(-5)             // a node may send anything
	w.Acknowledge(2 * windowSize) // more than it got
	w.Acknowledge(4)
	if n := <-read; n != 4 {
		t.Errorf("read %d bytes after 4 were acknowledged", n)
	}
	w.Close()
	if n, err := w.Read(buf); n != 0 || err == nil {
		t.Errorf("read %d, %v from a closed window", n, err)
	}
	if n, eof := w.Sent(); n != windowSize+4 || eof {
		t.Errorf("counted %d, %v", n, eof)
	}
}
