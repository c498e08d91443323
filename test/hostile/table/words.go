package table

import (
	"errors"
	"fmt"
	"strings"
)

// ErrUnterminated reports that a quote is not terminated.
var ErrUnterminated = errors.New("unterminated quote")

// Words splits a command line as a POSIX shell does, up to the first operator, which is returned in rest with all that follows. It
// expands nothing: it is an error if an unquoted part of the line is something that a shell would expand.
func Words(line string) (words []string, rest string, err error) {
	var word strings.Builder
	open, expands := false, ""
	end := func() {
		if open {
			words = append(words, word.String())
		}
		word.Reset()
		open = false
	}
	for i := 0; i < len(line); i++ {
		switch c := line[i]; c {
		case ' ', '\t':
			end()
			continue
		case '\n', ';', '|', '&', '<', '>', '(', ')':
			end()
			return words, line[i:], expansion(expands)
		case '#':
			if !open {
				return words, line[i:], expansion(expands)
			}
			word.WriteByte(c)
		case '\'':
			n := strings.IndexByte(line[i+1:], '\'')
			if n < 0 {
				return words, line[i:], fmt.Errorf("%w in %q", ErrUnterminated, line)
			}
			word.WriteString(line[i+1 : i+1+n])
			i += n + 1
		case '"':
			n := doubleQuoted(line[i+1:], &word)
			if n < 0 {
				return words, line[i:], fmt.Errorf("%w in %q", ErrUnterminated, line)
			}
			if strings.ContainsAny(line[i+1:i+1+n], "$`") {
				expands = line[i:]
			}
			i += n + 1
		case '\\':
			if i+1 < len(line) {
				i++
				word.WriteByte(line[i])
			}
		case '$', '`', '*', '?', '[', '!', '{', '~':
			if c != '~' || !open {
				expands = line[i:]
			}
			word.WriteByte(c)
		default:
			word.WriteByte(c)
		}
		open = true
	}
	end()
	return words, "", expansion(expands)
}

// doubleQuoted writes what is within double quotes to word, and returns where they end, or -1.
func doubleQuoted(text string, word *strings.Builder) int {
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			return i
		case text[i] == '\\' && i+1 < len(text) && strings.IndexByte("$`\"\\", text[i+1]) >= 0:
			i++
		}
		word.WriteByte(text[i])
	}
	return -1
}

func expansion(at string) error {
	if at == "" {
		return nil
	}
	return fmt.Errorf("a shell would expand %.40q", at)
}
