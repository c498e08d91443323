package cli

import (
	"bytes"
	"io"
	"testing"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// TestStreamsAreGuarded holds that a command cannot write control characters unless it uses the raw streams, or escapes them in JSON.
func TestStreamsAreGuarded(t *testing.T) {
	const text = "a\x1b[2J\u009b\u202e"
	for name, c := range map[string]struct {
		write   func(a *App, c *cobra.Command) error
		out     string
		printed string // on stderr
	}{
		"out": {func(a *App, _ *cobra.Command) error {
			_, err := io.WriteString(a.Streams.Out, text)
			return err
		}, "a\ufffd[2J\ufffd\ufffd", ""},
		"err": {func(a *App, _ *cobra.Command) error {
			_, err := io.WriteString(a.Streams.ErrOut, text)
			return err
		}, "", "a\ufffd[2J\ufffd\ufffd"},
		"cobra": {func(_ *App, c *cobra.Command) error {
			c.PrintErr(text)
			_, err := io.WriteString(c.OutOrStdout(), text)
			return err
		}, "a\ufffd[2J\ufffd\ufffd", "a\ufffd[2J\ufffd\ufffd"},
		"note": {func(a *App, _ *cobra.Command) error { a.Printer().Notef("%s", text); return nil }, "", "a\ufffd[2J\ufffd\ufffd\n"},
		"raw":  {func(a *App, _ *cobra.Command) error { _, err := io.WriteString(a.RawStreams().Out, text); return err }, text, ""},
		"json": {func(a *App, _ *cobra.Command) error { return a.PrintJSON(text) }, `"a\u001b[2J\u009b\u202e"` + "\n", ""},
		"color": {func(a *App, _ *cobra.Command) error {
			_, err := io.WriteString(a.ColorOut(), text+"\x1b[31m")
			return err
		}, "a\ufffd[2J\ufffd\ufffd\x1b[31m", ""},
		"end": {func(a *App, _ *cobra.Command) error { _, err := io.WriteString(a.Streams.Out, "a\x1b["); return err }, "a\ufffd", ""},
	} {
		var out, errOut bytes.Buffer
		Run(t.Context(), Plugin{Name: "test", Root: func(a *App, root *cobra.Command) {
			root.RunE = func(command *cobra.Command, _ []string) error { return c.write(a, command) }
		}}, genericiooptions.IOStreams{Out: &out, ErrOut: &errOut}, []string{})
		if out.String() != c.out || errOut.String() != c.printed {
			t.Errorf("%s: %q and %q, want %q and %q", name, out.String(), errOut.String(), c.out, c.printed)
		}
	}
}
