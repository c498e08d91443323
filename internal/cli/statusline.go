package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// statusLine is the last line of a terminal, which shows what is in progress. It is safe for concurrent use.
type statusLine struct {
	mu   sync.Mutex
	out  io.Writer
	text string
}

// eraseLine returns to the start of the line and erases it (https://en.wikipedia.org/wiki/ANSI_escape_code#CSI).
const eraseLine = "\r\x1b[K"

// set shows the text in place of the one before; "" shows nothing.
func (s *statusLine) set(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if text != s.text {
		s.erase()
		s.text = text
		s.show()
	}
}

// above calls print, which prints whole lines, and shows the text below what was printed.
func (s *statusLine) above(print func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	print()
	s.show()
}

func (s *statusLine) erase() {
	if s.text != "" {
		_, _ = fmt.Fprint(s.out, eraseLine)
	}
}

func (s *statusLine) show() {
	if s.text != "" {
		_, _ = fmt.Fprint(s.out, fit(s.text, Width(s.out)))
	}
}

// fit cuts the text to one row of a terminal. A width of 0 is unknown.
func fit(text string, width int) string {
	if width == 0 || utf8.RuneCountInString(text) < width {
		return text
	}
	return strings.TrimSpace(string([]rune(text)[:max(0, width-4)])) + "..."
}
