package redact

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
)

func TestWriter(t *testing.T) {
	for _, c := range []struct{ name, in, text, colored string }{
		{"lines and tabs", "a\tb\nc\n", "a\tb\nc\n", "a\tb\nc\n"},
		{"lines of Windows", "a\r\nb\r\n", "a\nb\n", "a\nb\n"},
		{"back to the start of the line", "ok\rno\n", "ok\ufffdno\n", "ok\ufffdno\n"},
		{"title", "\x1b]0;owned\x07x", "\ufffd]0;owned\ufffdx", "\ufffd]0;owned\ufffdx"},
		{"erase", "\x1b[2Jx", "\ufffd[2Jx", "\ufffd[2Jx"},
		{"color", "\x1b[31mred\x1b[0m", "red", "\x1b[31mred\x1b[0m"},
		{"hidden text", "\x1b[8mx\x1b[30;40my", "xy", "xy"},
		{"C1 control", "a\u009b31m", "a\ufffd31m", "a\ufffd31m"},
		{"8-bit control", "a\x9b31m", "a\ufffd31m", "a\ufffd31m"},
		{"right-to-left override", "a\u202eb", "a\ufffdb", "a\ufffdb"},
		{"other scripts", "größe 節點 \U0001F600", "größe 節點 \U0001F600", "größe 節點 \U0001F600"},
		{"ends within an escape", "a\x1b[3", "a\ufffd", "a\ufffd"},
		{"ends within a character", "a\xe7\xaf", "a\ufffd", "a\ufffd"},
	} {
		for size := 1; size <= len(c.in); size++ { // however it is split between writes
			var text, colored bytes.Buffer
			if writeIn(t, NewWriter(&text), c.in, size); text.String() != c.text {
				t.Errorf("%s, in writes of %d: %q, want %q", c.name, size, &text, c.text)
			}
			if writeIn(t, NewColorWriter(&colored), c.in, size); colored.String() != c.colored {
				t.Errorf("%s, in color, in writes of %d: %q, want %q", c.name, size, &colored, c.colored)
			}
		}
	}
}

// writeIn writes the text in pieces of the size.
func writeIn(t *testing.T, w *Writer, text string, size int) {
	t.Helper()
	for len(text) > 0 {
		n := min(size, len(text))
		if written, err := w.Write([]byte(text[:n])); err != nil || written != n {
			t.Fatalf("%d of %d bytes, %v", written, n, err)
		}
		text = text[n:]
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

// FuzzWriter holds that nothing but colors of ours reaches a terminal, and that JSON keeps its meaning.
func FuzzWriter(f *testing.F) {
	f.Add("a\x1b]0;title\x07\x1b[31mb\u009b\u202e\r\n\U000E0041", 3)
	f.Fuzz(func(t *testing.T, s string, size int) {
		size = max(1, size%16)
		var text, colored, encoded bytes.Buffer
		writeIn(t, NewWriter(&text), s, size)
		if got := text.String(); got != Text(got) {
			t.Errorf("%q: %q", s, got)
		}
		writeIn(t, NewColorWriter(&colored), s, size)
		plain := strings.NewReplacer("\x1b[0m", "", "\x1b[2m", "", "\x1b[22m", "", "\x1b[39m", "", "\x1b[31m", "", "\x1b[32m", "",
			"\x1b[33m", "", "\x1b[34m", "", "\x1b[35m", "", "\x1b[36m", "", "\x1b[37m", "").Replace(colored.String())
		if plain != text.String() {
			t.Errorf("%q: %q, with colors %q", s, text.String(), colored.String())
		}
		want, err := json.Marshal(map[string]string{"text": s})
		if err != nil {
			t.Fatal(err)
		}
		writeIn(t, NewJSONWriter(&encoded), string(want), size)
		if i := strings.IndexFunc(encoded.String(), func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }); i >= 0 {
			t.Errorf("%q is left in %q", encoded.String()[i:], encoded.String())
		}
		var got, same map[string]string
		if err := json.Unmarshal(encoded.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(want, &same); err != nil || got["text"] != same["text"] {
			t.Errorf("%q became %q", same, got)
		}
	})
}
