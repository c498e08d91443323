package doctor

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/report"
)

// maxStdin limits the bytes read from stdin.
const maxStdin = 1 << 20

// Explainer is the subcommand explain of a doctor, which explains error messages without a cluster.
type Explainer struct {
	Long, Example string
	Usage         string // hint where no text is given
	Hint          string // where the text contains no known error
	// Tunnel reports whether each explanation says if the error is related to the tunnel.
	Tunnel bool

	app    *cli.App
	output string
}

// Command returns the subcommand.
func (e Explainer) Command(a *cli.App) *cobra.Command {
	e.app = a
	c := &cobra.Command{
		Use:                   "explain [TEXT...]",
		Short:                 "Explain an error message, without a cluster",
		Long:                  e.Long,
		Example:               e.Example,
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     cobra.NoFileCompletions,
		RunE: func(_ *cobra.Command, args []string) error {
			text := strings.Join(args, " ")
			if len(args) == 0 {
				if cli.IsTerminal(a.Streams.In) {
					return cli.WithHint(errors.New("no text given"), e.Usage)
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
			return e.explain(text)
		},
	}
	c.Flags().StringVarP(&e.output, "output", "o", "", "Output format: json")
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"json"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (e *Explainer) explain(text string) error {
	list := errtext.ExplainAll(text)
	switch e.output {
	case "":
		for i, explanation := range list {
			if i > 0 {
				if _, err := fmt.Fprintln(e.app.Streams.Out); err != nil {
					return err
				}
			}
			if _, err := io.WriteString(e.app.Streams.Out, e.text(explanation)); err != nil {
				return err
			}
		}
	case "json":
		if err := e.app.PrintJSON(struct {
			APIVersion string                `json:"apiVersion"`
			Kind       string                `json:"kind"`
			Items      []errtext.Explanation `json:"items"`
		}{report.APIVersion, "ExplanationList", list}); err != nil {
			return err
		}
	default:
		return fmt.Errorf("--output is %q: it takes json", e.output)
	}
	if len(list) == 0 {
		return cli.ExitError{Code: 2, Err: cli.WithHint(errors.New("the text contains no known error"), e.Hint)}
	}
	return nil
}

// text returns one explanation for people.
func (e *Explainer) text(x errtext.Explanation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", x.Class, x.Meaning)
	if x.Target != "" {
		fmt.Fprintf(&b, "  target: %s\n", x.Target)
	}
	if x.Webhook != "" {
		fmt.Fprintf(&b, "  webhook: %s\n", x.Webhook)
	}
	if e.Tunnel {
		fmt.Fprintf(&b, "  related to the tunnel: %s\n", related(x.Tunnel))
	}
	for i, cause := range x.Causes {
		fmt.Fprintf(&b, "  cause %d: %s\n", i+1, cause)
	}
	for _, next := range x.Next {
		fmt.Fprintf(&b, "  next: %s\n", next)
	}
	if x.Source != "" {
		fmt.Fprintf(&b, "  source: %s\n", x.Source)
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
