package aksnode

import (
	"bytes"
	"io"
	"regexp"
	"slices"
)

// maxLine is the length at which an incomplete line is treated as a line.
const maxLine = 1 << 20

// lineFilter passes on the lines that match a pattern, or only the last of them. It must be closed.
type lineFilter struct {
	to      io.Writer
	pattern *regexp.Regexp // nil: all
	tail    int            // -1: all
	rest    []byte
	last    [][]byte
}

// Write implements io.Writer.
func (f *lineFilter) Write(p []byte) (int, error) {
	if f.pattern == nil && f.tail < 0 {
		return f.to.Write(p)
	}
	f.rest = append(f.rest, p...)
	for {
		end := bytes.IndexByte(f.rest, '\n') + 1
		if end == 0 && len(f.rest) < maxLine {
			return len(p), nil
		}
		if end == 0 {
			end = len(f.rest)
		}
		if err := f.line(f.rest[:end]); err != nil {
			return 0, err
		}
		f.rest = f.rest[end:]
	}
}

func (f *lineFilter) line(line []byte) error {
	if f.pattern != nil && !f.pattern.Match(bytes.TrimSuffix(line, []byte{'\n'})) {
		return nil
	}
	if f.tail < 0 {
		_, err := f.to.Write(line)
		return err
	}
	f.last = append(f.last, slices.Clone(line))
	if len(f.last) > f.tail {
		f.last = f.last[1:]
	}
	return nil
}

// Close writes the remaining lines. It does not close the underlying writer.
func (f *lineFilter) Close() error {
	if len(f.rest) > 0 {
		if err := f.line(f.rest); err != nil {
			return err
		}
	}
	for _, line := range f.last {
		if _, err := f.to.Write(line); err != nil {
			return err
		}
	}
	return nil
}
