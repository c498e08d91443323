package fact

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/akstools/akstools/internal/jsonstream"
)

// A bundle's content is not trusted: a kilobyte can become gigabytes. These bound what a file of one megabyte becomes; what doctors save
// of large clusters is far below, as their tests show. Limits for larger files are in proportion.
const (
	maxBundle = 64 << 20 // bytes after decompression
	maxTarget = 16 << 20 // bytes of one target
	maxValues = 500_000  // JSON values in one target: a struct may take three bytes of JSON and a kilobyte of memory
)

// These bound what a bundle holds, however large its file is.
const (
	// MaxTargets is how many targets a bundle may hold.
	MaxTargets = 2000

	maxEvidence = 1000 // of a fact
	maxMissing  = 100  // permissions, of a fact
	maxLines    = 1000 // of all evidence of a fact
)

// Megabytes returns to what the limits on a bundle are in proportion: the size of its file in megabytes, at least 1 and at most 20.
func Megabytes(size int) int { return min(1+max(0, size-1)/1e6, 20) }

// ReadTargets reads the file of a bundle of the plugin, whose content is not trusted, and calls do with each target. Only one target is
// in memory at a time. An error, also of do, ends reading; do may have been called before.
func ReadTargets(file []byte, plugin string, do func(BundledTarget) error) error {
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return fmt.Errorf("not a bundle: %w", err)
	}
	n := Megabytes(len(file))
	in := &allowance{r: z, left: maxTarget * n, target: maxTarget * n, total: maxBundle * n}
	b := bundleReader{in: in, maxValues: maxValues * n, json: json.NewDecoder(in), plugin: plugin, do: do}
	if err := b.read(); b.refused != nil {
		return b.refused
	} else if err != nil {
		return in.explain(err)
	}
	if _, err := b.json.Token(); !errors.Is(err, io.EOF) {
		return in.explain(errors.Join(err, errors.New("something follows the bundle")))
	}
	if err := b.header(); err != nil {
		return err
	}
	if b.targets == 0 {
		return errors.New("the bundle holds no target")
	}
	return nil
}

// allowance is a reader that fails with errTooLarge after left bytes, or total bytes altogether.
type allowance struct {
	r           io.Reader
	left, total int
	target      int // bytes that one target may have
}

var errTooLarge = errors.New("it is too large")

func (a *allowance) Read(p []byte) (int, error) {
	n, err := a.r.Read(p)
	a.left -= n
	a.total -= n
	if a.left < 0 || a.total < 0 {
		return 0, errTooLarge
	}
	return n, err
}

// explain returns the error of a bundle that could not be read because of err.
func (a *allowance) explain(err error) error {
	if errors.Is(err, errTooLarge) {
		return fmt.Errorf("the bundle is larger than %d MiB, or one target in it than %d MiB", a.target/maxTarget*maxBundle>>20, a.target>>20)
	}
	return fmt.Errorf("the bundle is damaged: %w", err)
}

// bundleReader reads a bundle as Bundle.Write writes it: version and plugin stand before the targets.
type bundleReader struct {
	in        *allowance
	maxValues int // in one target
	json      *json.Decoder
	plugin    string // expected
	do        func(BundledTarget) error

	head    Bundle // what has been read but the targets
	targets int
	refused error // why reading ended, if not because of damage
}

func (b *bundleReader) read() error {
	return jsonstream.Object(b.json, func(key string) error {
		var into any
		switch key {
		case "bundleVersion":
			into = &b.head.BundleVersion
		case "plugin":
			into = &b.head.Plugin
		case "targets":
			if b.refused = b.header(); b.refused != nil {
				return b.refused
			}
			return jsonstream.List(b.json, b.next)
		default:
			return jsonstream.Skip(b.json)
		}
		return b.json.Decode(into)
	})
}

// header checks version and plugin.
func (b *bundleReader) header() error {
	switch {
	case b.head.BundleVersion != BundleVersion:
		return fmt.Errorf("the bundle has version %d, this program reads version %d", b.head.BundleVersion, BundleVersion)
	case b.head.Plugin != b.plugin:
		return fmt.Errorf("the bundle was made by %q, not by %q", b.head.Plugin, b.plugin)
	}
	return nil
}

// next reads the next target, and does what is to be done with it.
func (b *bundleReader) next() error {
	b.targets++
	if b.targets > MaxTargets {
		b.refused = fmt.Errorf("the bundle holds more than %d targets", MaxTargets)
		return b.refused
	}
	b.in.left = b.in.target
	var text json.RawMessage
	if err := b.json.Decode(&text); err != nil {
		return err
	}
	if values(text) > b.maxValues {
		b.refused = fmt.Errorf("target %d of the bundle holds more than %d values", b.targets, b.maxValues)
		return b.refused
	}
	var t BundledTarget
	if err := json.Unmarshal(text, &t); err != nil {
		return err
	}
	if b.refused = b.accept(t); b.refused == nil {
		b.refused = b.do(t)
	}
	return b.refused
}

// accept returns an error if the target has more evidence than it may have.
func (b *bundleReader) accept(t BundledTarget) error {
	for name, f := range t.Facts {
		if len(f.Evidence) > maxEvidence {
			return fmt.Errorf("fact %q of target %d of the bundle has more than %d commands as evidence", name, b.targets, maxEvidence)
		}
		if len(f.Missing) > maxMissing {
			return fmt.Errorf("fact %q of target %d of the bundle has more than %d permissions that are missing", name, b.targets, maxMissing)
		}
		lines := 0
		for _, e := range f.Evidence {
			lines += len(e.Lines)
		}
		if lines > maxLines {
			return fmt.Errorf("fact %q of target %d of the bundle has more than %d lines of evidence", name, b.targets, maxLines)
		}
	}
	return nil
}

// values returns the number of values in the JSON text, give or take a few.
func values(text []byte) int {
	n, quoted, escaped := 1, false, false
	for _, c := range text {
		switch {
		case escaped:
			escaped = false
		case quoted:
			quoted, escaped = c != '"', c == '\\'
		case c == '"':
			quoted = true
		case c == ',' || c == '[' || c == '{':
			n++
		}
	}
	return n
}
