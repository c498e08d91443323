package cli

import (
	"encoding/json"
	"io"
	"os"

	"golang.org/x/term"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/akstools/akstools/internal/redact"
)

// guarded returns streams to which text of the cluster may be written: control characters do not pass.
func guarded(s genericiooptions.IOStreams) genericiooptions.IOStreams {
	return genericiooptions.IOStreams{In: s.In, Out: redact.NewWriter(s.Out), ErrOut: redact.NewWriter(s.ErrOut)}
}

// RawStreams returns the streams on which all bytes pass, for commands whose output must arrive as it is: that of remote commands, files
// and connections. test/policy lists who may use it.
func (a *App) RawStreams() genericiooptions.IOStreams {
	return genericiooptions.IOStreams{In: a.Streams.In, Out: raw(a.Streams.Out), ErrOut: raw(a.Streams.ErrOut)}
}

// LogStreams returns the streams for logs: each is raw unless it is a terminal.
func (a *App) LogStreams() genericiooptions.IOStreams {
	logs := a.RawStreams()
	if IsTerminal(logs.Out) {
		logs.Out = a.Streams.Out
	}
	if IsTerminal(logs.ErrOut) {
		logs.ErrOut = a.Streams.ErrOut
	}
	return logs
}

// ColorOut returns stdout for text of our own with colors. What it quotes must have passed through redact.
func (a *App) ColorOut() io.Writer { return redact.NewColorWriter(raw(a.Streams.Out)) }

// JSONOut returns stdout for JSON, in which characters that must not reach a terminal are escaped.
func (a *App) JSONOut() io.Writer { return redact.NewJSONWriter(raw(a.Streams.Out)) }

// PrintJSON prints the value as JSON to JSONOut.
func (a *App) PrintJSON(value any) error {
	encoder := json.NewEncoder(a.JSONOut())
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// PrintObject prints the object in the format of the flags, which must not be that of a table.
func (a *App) PrintObject(flags *genericclioptions.PrintFlags, object runtime.Object) error {
	printer, err := flags.ToPrinter()
	if err != nil {
		return err
	}
	if *flags.OutputFormat == "json" {
		return printer.PrintObj(object, a.JSONOut())
	}
	return printer.PrintObj(object, a.Streams.Out)
}

// raw returns the writer behind a guarded one.
func raw(w io.Writer) io.Writer {
	if guard, ok := w.(*redact.Writer); ok {
		return guard.Unwrap()
	}
	return w
}

// flush writes what the guards still hold.
func (a *App) flush() {
	for _, w := range []io.Writer{a.Streams.Out, a.Streams.ErrOut} {
		if guard, ok := w.(*redact.Writer); ok {
			_ = guard.Flush() // the command has ended: there is nobody to tell
		}
	}
}

// Width returns the number of columns of the terminal that w writes to; 0: it is not a terminal.
func Width(w io.Writer) int {
	f, ok := raw(w).(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// IsTerminal reports whether stream, a reader or a writer, is a terminal.
func IsTerminal(stream any) bool {
	if w, ok := stream.(io.Writer); ok {
		stream = raw(w)
	}
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
