package redact

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Writer passes text on to another writer, with control characters and characters that reorder text replaced as Text replaces them.
// Characters may be split between writes. It is safe for concurrent use.
type Writer struct {
	to      io.Writer
	color   func(sequence []byte) []byte // what is written for a sequence that sets colors
	neutral func(r rune) string          // what is written for a character that must not be written

	mu   sync.Mutex
	rest []byte // the beginning of a character or of a sequence, whose end is not written yet
}

// NewWriter returns a Writer of text. It drops sequences that set colors.
func NewWriter(to io.Writer) *Writer {
	return &Writer{to: to, neutral: replacement, color: func([]byte) []byte { return nil }}
}

// NewColorWriter returns a Writer of text that passes on sequences that set colors, except those that hide text. Text of others must
// not hold any: pass it through Line or Text first.
func NewColorWriter(to io.Writer) *Writer {
	return &Writer{to: to, neutral: replacement, color: func(sequence []byte) []byte {
		if shows.Match(sequence) {
			return sequence
		}
		return nil
	}}
}

// NewJSONWriter returns a Writer of JSON. It escapes characters as JSON does instead of replacing them, so that values stay the same.
func NewJSONWriter(to io.Writer) *Writer { return &Writer{to: to, neutral: escaped} }

// Unwrap returns the writer to which w passes text on.
func (w *Writer) Unwrap() io.Writer { return w.to }

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var safe []byte
	safe, w.rest = w.filter(append(w.rest, p...))
	if _, err := w.to.Write(safe); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush writes what is left of a character or a sequence whose end was not written.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.rest) == 0 {
		return nil
	}
	w.rest = nil
	_, err := io.WriteString(w.to, w.neutral(unicode.ReplacementChar))
	return err
}

const escape = '\x1b'

var (
	// colors matches a sequence that sets colors (https://en.wikipedia.org/wiki/ANSI_escape_code#SGR), and started its beginning.
	colors  = regexp.MustCompile(`^\x1b\[[0-9;]{0,24}m`)
	started = regexp.MustCompile(`^\x1b(\[[0-9;]{0,24})?$`)
	// shows matches the sequences of our own: a foreground color, faint, and the end of both.
	shows = regexp.MustCompile(`^\x1b\[(0|2|22|3[1-79])m$`)
)

// filter returns what to write for the text, and its end that is not complete.
func (w *Writer) filter(text []byte) (safe, rest []byte) {
	safe = make([]byte, 0, len(text))
	for len(text) > 0 {
		if n := plain(text); n > 0 {
			safe = append(safe, text[:n]...)
			text = text[n:]
			continue
		}
		switch {
		case text[0] == escape && w.color != nil && started.Match(text), text[0] == '\r' && len(text) == 1, !utf8.FullRune(text):
			return safe, bytes.Clone(text)
		case text[0] == escape && w.color != nil && colors.Match(text):
			sequence := colors.Find(text)
			safe = append(safe, w.color(sequence)...)
			text = text[len(sequence):]
			continue
		case text[0] == '\r' && text[1] == '\n': // lines of Windows
			text = text[1:]
			continue
		}
		r, size := utf8.DecodeRune(text)
		switch {
		case r == '\n', r == '\t', neutral(r) == r && (r != utf8.RuneError || size > 1):
			safe = append(safe, text[:size]...)
		default:
			safe = append(safe, w.neutral(r)...)
		}
		text = text[size:]
	}
	return safe, nil
}

// plain returns how many bytes at the beginning of the text are printable ASCII, newlines and tabs.
func plain(text []byte) int {
	for i, b := range text {
		if (b < ' ' || b > '~') && b != '\n' && b != '\t' {
			return i
		}
	}
	return len(text)
}

func replacement(rune) string { return string(unicode.ReplacementChar) }

// escaped returns the character as it is written in a string of JSON.
func escaped(r rune) string {
	if first, second := utf16.EncodeRune(r); first != unicode.ReplacementChar {
		return fmt.Sprintf(`\u%04x\u%04x`, first, second)
	}
	return fmt.Sprintf(`\u%04x`, r)
}
