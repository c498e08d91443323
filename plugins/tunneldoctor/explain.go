package tunneldoctor

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/errtext"
)

// maxPasted bounds what is read of stdin.
const maxPasted = 1 << 20

func explainCommand(a *cli.App) *cobra.Command {
	output := ""
	c := &cobra.Command{
		Use:   "explain [TEXT...]",
		Short: "Say what an error's text means, without a cluster",
		Long: templates.LongDesc(`
			Say what an error of kubectl, of the API server or of a tunnel agent's log means, what its first causes are and
			what to do next, and whether it is the tunnel's matter at all. The text stands on the command line, or, where
			there is none, on stdin; of several lines each that is known is explained. No cluster is asked.

			The exit code is 0 where something was recognised, 2 where nothing was.`),
		Example: templates.Examples(`
			# An error, quoted
			kubectl tunneldoctor explain "error dialing backend: dial tcp 10.224.0.5:10250: i/o timeout"

			# What a command just said
			kubectl logs web-0 2>&1 | kubectl tunneldoctor explain`),
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     cobra.NoFileCompletions,
		RunE: func(_ *cobra.Command, args []string) error {
			text := strings.Join(args, " ")
			if len(args) == 0 {
				if cli.IsTerminal(a.Streams.In) {
					return cli.WithHint(errors.New("no text is given"), `give it in quotes: kubectl tunneldoctor explain "TEXT"`)
				}
				b, err := io.ReadAll(io.LimitReader(a.Streams.In, maxPasted))
				if err != nil {
					return err
				}
				text = string(b)
			}
			if strings.TrimSpace(text) == "" {
				return errors.New("the text is empty")
			}
			return explain(a, text, output)
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "Print as: json")
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"json"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func explain(a *cli.App, text, output string) error {
	list := errtext.ExplainAll(text)
	switch output {
	case "":
		for i, e := range list {
			if i > 0 {
				if _, err := fmt.Fprintln(a.Streams.Out); err != nil {
					return err
				}
			}
			if _, err := io.WriteString(a.Streams.Out, say(e)); err != nil {
				return err
			}
		}
	case "json":
		if err := writeJSON(a.Streams.Out, struct {
			APIVersion string                `json:"apiVersion"`
			Kind       string                `json:"kind"`
			Items      []errtext.Explanation `json:"items"`
		}{apiVersion, "ExplanationList", list}); err != nil {
			return err
		}
	default:
		return fmt.Errorf("--output is %q: it takes json", output)
	}
	if len(list) == 0 {
		return cli.ExitError{Code: 2, Err: cli.WithHint(errors.New("no known error was recognised in the text"), "to try what fails, and find the cause: kubectl tunneldoctor")}
	}
	return nil
}

// say writes one explanation for people.
func say(e errtext.Explanation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", e.Class, e.Meaning)
	if e.Target != "" {
		fmt.Fprintf(&b, "  target: %s\n", e.Target)
	}
	if e.Webhook != "" {
		fmt.Fprintf(&b, "  webhook: %s\n", e.Webhook)
	}
	fmt.Fprintf(&b, "  the tunnel's matter: %s\n", e.Tunnel)
	for i, cause := range e.Causes {
		fmt.Fprintf(&b, "  cause %d: %s\n", i+1, cause)
	}
	for _, next := range e.Next {
		fmt.Fprintf(&b, "  next: %s\n", next)
	}
	if e.Source != "" {
		fmt.Fprintf(&b, "  source: %s\n", e.Source)
	}
	return b.String()
}
