package cli

import (
	"errors"
	"fmt"
	"strings"
)

// ExitError makes the plugin exit with Code. Err is printed first; nil prints nothing, for remote commands whose exit code is the whole
// message.
type ExitError struct {
	Code int
	Err  error
}

func (e ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit status %d", e.Code)
	}
	return e.Err.Error()
}

func (e ExitError) Unwrap() error { return e.Err }

// hinted is an error with hints, which are printed on lines of their own.
type hinted struct {
	error
	hints []string
}

func (h hinted) Unwrap() error { return h.error }

// WithHint adds hints to err: advice on what to do. It returns nil if err is nil.
func WithHint(err error, hints ...string) error {
	if err == nil {
		return nil
	}
	return hinted{err, hints}
}

// Hints returns all hints in err's chain, outermost first.
func Hints(err error) []string {
	var hints []string
	for h := (hinted{}); errors.As(err, &h); err = h.error {
		hints = append(hints, h.hints...)
	}
	return hints
}

// joined returns the errors that errors.Join made err of, however they are wrapped, as long as the wrapping adds no text; else err alone.
func joined(err error) []error {
	text := err.Error()
	for inner := err; inner != nil && inner.Error() == text; inner = errors.Unwrap(inner) {
		list, ok := inner.(interface{ Unwrap() []error }) //nolint:errorlint // the loop unwraps
		if !ok {
			continue
		}
		var parts []error
		var texts []string
		for _, part := range list.Unwrap() {
			parts, texts = append(parts, joined(part)...), append(texts, part.Error())
		}
		if strings.Join(texts, "\n") == text {
			return parts
		}
	}
	return []error{err}
}
