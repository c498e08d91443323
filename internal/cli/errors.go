package cli

import "errors"

// ExitError makes the plugin end with Code. Err is printed before, unless it is nil: the code of a remote command says
// all by itself.
type ExitError struct {
	Code int
	Err  error
}

func (e ExitError) Error() string {
	if e.Err == nil {
		return "exit status"
	}
	return e.Err.Error()
}

func (e ExitError) Unwrap() error { return e.Err }

// hinted is an error with advice, which is printed on lines of its own.
type hinted struct {
	error
	hints []string
}

func (h hinted) Unwrap() error { return h.error }

// WithHint adds advice on what to do to err; it returns nil if err is nil.
func WithHint(err error, hints ...string) error {
	if err == nil {
		return nil
	}
	return hinted{err, hints}
}

// Hints returns all advice in err's chain, outermost first.
func Hints(err error) []string {
	var hints []string
	for h := (hinted{}); errors.As(err, &h); err = h.error {
		hints = append(hints, h.hints...)
	}
	return hints
}
