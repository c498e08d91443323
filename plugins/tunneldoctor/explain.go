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
	"github.com/akstools/akstools/internal/report"
)

// maxStdin limits the bytes read from stdin.
const maxStdin = 1 << 20

func explainCommand(a *cli.App) *cobra.Command {
	output := ""
	c := &cobra.Command{
		Use:   "explain [TEXT...]",
		Short: "Explain an error message, without a cluster",
		Long: templates.LongDesc(`
			Explain an error message of kubectl, the API server or a tunnel agent's log: what it means, its likely causes, what
			to do next, and whether it is related to the tunnel. The text is taken from the command line or, if there is none,
			from stdin; in a log, each known error is explained once. The cluster is not contacted.

			The exit code is 0 if an error was recognized and 2 if none was.`),
		Example: templates.Examples(`
			# An error, quoted
			kubectl tunneldoctor explain "error dialing backend: dial tcp 10.224.0.5:10250: i/o timeout"

			# The output of a command
			kubectl logs web-0 2>&1 | kubectl tunneldoctor explain`),
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     cobra.NoFileCompletions,
		RunE: func(_ *cobra.Command, args []string) error {
			text := strings.Join(args, " ")
			if len(args) == 0 {
				if cli.IsTerminal(a.Streams.In) {
					return cli.WithHint(errors.New("no text given"), `put it in quotes: kubectl tunneldoctor explain "TEXT"`)
				}
				b, err := io.ReadAll(io.LimitReader(a.Streams.In, maxStdin))
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
	c.Flags().StringVarP(&output, "output", "o", "", "Output format: json")
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
			if _, err := io.WriteString(a.Streams.Out, explanationText(e)); err != nil {
				return err
			}
		}
	case "json":
		if err := a.PrintJSON(struct {
			APIVersion string                `json:"apiVersion"`
			Kind       string                `json:"kind"`
			Items      []errtext.Explanation `json:"items"`
		}{report.APIVersion, "ExplanationList", list}); err != nil {
			return err
		}
	default:
		return fmt.Errorf("--output is %q: it takes json", output)
	}
	if len(list) == 0 {
		err := cli.WithHint(errors.New("the text contains no known error"), "to check the tunnel itself: kubectl tunneldoctor")
		return cli.ExitError{Code: 2, Err: err}
	}
	return nil
}

// explanationText returns one explanation for people.
func explanationText(e errtext.Explanation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", e.Class, e.Meaning)
	if e.Target != "" {
		fmt.Fprintf(&b, "  target: %s\n", e.Target)
	}
	if e.Webhook != "" {
		fmt.Fprintf(&b, "  webhook: %s\n", e.Webhook)
	}
	fmt.Fprintf(&b, "  related to the tunnel: %s\n", related(e.Tunnel))
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

// related returns the answer for people; its values are part of the JSON output.
func related(a errtext.Answer) string {
	if a == errtext.Maybe {
		return "unclear"
	}
	return string(a)
}
