package cli

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExitError(t *testing.T) {
	cause := errors.New("no such node")
	for want, err := range map[string]error{
		"exit status 7": ExitError{Code: 7},
		"no such node":  ExitError{Code: 255, Err: cause},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
	if !errors.Is(ExitError{Code: 255, Err: cause}, cause) {
		t.Error("the cause is lost")
	}
}

func TestHints(t *testing.T) {
	err := WithHint(fmt.Errorf("connecting: %w", WithHint(errors.New("refused"), "inner")), "outer", "outer too")
	if diff := cmp.Diff([]string{"outer", "outer too", "inner"}, Hints(err)); diff != "" {
		t.Error(diff)
	}
	if WithHint(nil, "unused") != nil {
		t.Error("a hint made an error")
	}
}
