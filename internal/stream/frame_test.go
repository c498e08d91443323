package stream

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const marker = "01234567-89ab-cdef-0123-456789abcdef"

// announcement begins every stream.
const announcement = "\x00" + marker + "\x00"

// write passes stream, after the announcement, through a FrameWriter in pieces of the given size.
func write(t testing.TB, stream []byte, size int) (data []byte, texts []string) {
	t.Helper()
	return writeAll(t, append([]byte(announcement), stream...), size)
}

func writeAll(t testing.TB, stream []byte, size int) (data []byte, texts []string) {
	t.Helper()
	var out bytes.Buffer
	w := NewFrameWriter(&out, func(text string) { texts = append(texts, text) }, func(err error) { t.Error(err) })
	for chunk := range slices.Chunk(stream, size) {
		if n, err := w.Write(chunk); n != len(chunk) || err != nil {
			t.Fatalf("Write = %d, %v, want %d", n, err, len(chunk))
		}
	}
	w.Flush()
	return out.Bytes(), texts
}

func TestFrameWriter(t *testing.T) {
	start := "\x00" + marker
	for _, c := range []struct {
		name, stream, data string
		texts              []string
	}{
		{"no frame", "hello\x00world\n", "hello\x00world\n", nil},
		{"only a frame", start + "S\x00", "", []string{"S"}},
		{"between data", "a" + start + "S\x00b" + start + "E7 1 5\x00", "ab", []string{"S", "E7 1 5"}},
		{"empty text", start + "\x00", "", []string{""}},
		{"marker without NUL before it", marker + "S\x00", marker + "S\x00", nil},
		{"another marker", "\x000123456789abcdefXXXX\x00", "\x000123456789abcdefXXXX\x00", nil},
		{
			"a second announcement", "\x0001234567-0000-0000-0000-456789abcdef\x00\x0001234567-0000-0000-0000-456789abcdefE0 0 0\x00",
			"\x0001234567-0000-0000-0000-456789abcdef\x00\x0001234567-0000-0000-0000-456789abcdefE0 0 0\x00", nil,
		},
		{"cut", "a" + start + "S", "a" + start + "S", nil},
		{"NULs before the frame", "\x00\x00\x00" + start + "S\x00", "\x00\x00\x00", []string{"S"}},
		{"text too long", start + strings.Repeat("x", MaxText+1) + "\x00", start + strings.Repeat("x", MaxText+1) + "\x00", nil},
	} {
		for _, size := range []int{1, 2, 7, 33, 4096} {
			data, texts := write(t, []byte(c.stream), size)
			if string(data) != c.data || !slices.Equal(texts, c.texts) {
				t.Errorf("%s, in pieces of %d: got %q and %q, want %q and %q", c.name, size, data, texts, c.data, c.texts)
			}
		}
	}
}

// What is before the announcement is data; if the first NUL does not begin one, everything is.
func TestAnnouncement(t *testing.T) {
	frame, noUUID := "\x00"+marker+"S\x00", "\x00"+strings.Repeat("x", 36)+"\x00"
	for _, c := range []struct {
		name, stream, data string
		texts              []string
	}{
		{"after data", "warning\n" + announcement + frame + "x", "warning\nx", []string{"S"}},
		{"none", "sh: not found\n", "sh: not found\n", nil},
		{"late", "\x00x" + announcement + frame, "\x00x" + announcement + frame, nil},
		{"not a UUID", noUUID + announcement + frame, noUUID + announcement + frame, nil},
		{"too long", "\x00" + marker + "0\x00" + frame, "\x00" + marker + "0\x00" + frame, nil},
		{"cut", "\x00" + marker[:20], "\x00" + marker[:20], nil},
		{"empty", "", "", nil},
	} {
		for _, size := range []int{1, 2, 7, 33, 4096} {
			data, texts := writeAll(t, []byte(c.stream), size)
			if string(data) != c.data || !slices.Equal(texts, c.texts) {
				t.Errorf("%s, in pieces of %d: got %q and %q, want %q and %q", c.name, size, data, texts, c.data, c.texts)
			}
		}
	}
}

func TestFrameWriterDelaysNothing(t *testing.T) {
	var out bytes.Buffer
	w := NewFrameWriter(&out, func(string) {}, func(error) {})
	if _, _ = w.Write([]byte("prompt> ")); out.String() != "prompt> " {
		t.Errorf("%q of a prompt was held back", out.String())
	}
}

func TestFrameWriterHoldsBackBriefly(t *testing.T) {
	var out synchronized
	w := NewFrameWriter(&out, func(string) {}, func(error) {})
	_, _ = w.Write([]byte(announcement))
	if _, _ = w.Write([]byte("record\x00")); out.String() != "record" {
		t.Fatalf("%q was passed on at once", out.String())
	}
	for deadline := time.Now().Add(5 * time.Second); out.String() != "record\x00"; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("data that may be a frame is held back forever")
		}
	}
}

type synchronized struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *synchronized) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *synchronized) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestFrameWriterContinuesAfterError(t *testing.T) {
	var texts []string
	var failures int
	w := NewFrameWriter(broken{}, func(text string) { texts = append(texts, text) }, func(error) { failures++ })
	_, _ = w.Write([]byte(announcement))
	for range 3 {
		if _, err := w.Write([]byte("data\x00" + marker + "S\x00")); err != nil {
			t.Fatal(err)
		}
	}
	if failures != 1 || len(texts) != 3 {
		t.Errorf("%d errors and %d frames reported, want 1 and 3", failures, len(texts))
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken") }

// The output does not depend on how the stream is split into writes, and nothing is lost or added.
func FuzzFrameWriter(f *testing.F) {
	f.Add([]byte("a\x00"+marker+"S\x00b"), 3)
	f.Add([]byte("\x00"+marker+"\x00"+marker+"E\x00"), 1)
	f.Fuzz(func(t *testing.T, stream []byte, size int) {
		size = 1 + (size&0x7fffffff)%64
		data, texts := write(t, stream, size)
		whole, all := write(t, stream, max(1, len(stream)))
		if !bytes.Equal(data, whole) || !slices.Equal(texts, all) {
			t.Errorf("in pieces of %d: %q %q; in one: %q %q", size, data, texts, whole, all)
		}
		length := len(data)
		for _, text := range texts {
			length += len(marker) + len(text) + 2
		}
		if length != len(stream) {
			t.Errorf("%d bytes came out of %d", length, len(stream))
		}
	})
}
