package aksnode

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/noderun"
	"github.com/akstools/akstools/internal/redact"
)

// runResult is the JSON form of one node's result.
type runResult struct {
	APIVersion  string  `json:"apiVersion,omitempty"`
	Kind        string  `json:"kind,omitempty"`
	Node        string  `json:"node"`
	ExitCode    int     `json:"exitCode"` // 255 with an error
	Stdout      string  `json:"stdout"`
	Stderr      string  `json:"stderr"`
	StdoutBytes int64   `json:"stdoutBytes"` // that the command wrote; with truncated, stdout may have fewer
	StderrBytes int64   `json:"stderrBytes"`
	Truncated   bool    `json:"truncated"`
	TookSeconds float64 `json:"tookSeconds"`
	Error       string  `json:"error,omitempty"` // why the command did not run, or why its result is unknown
}

// resultPrinter prints results: a single one as it is, several with a header or prefix each, or JSON.
type resultPrinter struct {
	app     *cli.App
	json    bool
	many    bool // there may be several results
	prefix  bool
	keepEnd bool // of output that is too long
	printed int  // items of JSON
}

func (o *runOptions) results(many bool) *resultPrinter {
	return &resultPrinter{app: o.app, json: o.output == "json", many: many, prefix: o.prefix, keepEnd: o.keep == keepTail}
}

func (p *resultPrinter) print(node string, out noderun.Output, failure error) error {
	if p.json {
		item := runResult{
			Node: node, ExitCode: out.ExitCode, Stdout: string(out.Stdout), Stderr: string(out.Stderr),
			StdoutBytes: out.StdoutBytes, StderrBytes: out.StderrBytes, Truncated: out.Truncated, TookSeconds: out.Took.Seconds(),
		}
		if failure != nil {
			item.Error = failure.Error()
		}
		if err := p.item(item); err != nil {
			return err
		}
	} else if err := p.text(node, out, failure == nil); err != nil {
		return err
	}
	if out.Truncated {
		p.app.Printer().Warnf("the output on node %s was too long: %s", node, p.kept(out))
	}
	if failure != nil {
		p.app.Printer().Error(p.withNode(node, failure))
	}
	return nil
}

// kept tells how much of an output that was too long is there.
func (p *resultPrinter) kept(out noderun.Output) string {
	which, hint := "first", "; for the end: --keep "+keepTail
	if p.keepEnd {
		which, hint = "last", ""
	}
	var parts []string
	for _, s := range []struct {
		name string
		kept int
		all  int64
	}{{"stdout", len(out.Stdout), out.StdoutBytes}, {"stderr", len(out.Stderr), out.StderrBytes}} {
		if int64(s.kept) < s.all {
			parts = append(parts, fmt.Sprintf("the %s %d of %d bytes of %s", which, s.kept, s.all, s.name))
		}
	}
	return "only " + strings.Join(parts, " and ") + " were returned" + hint
}

// withNode adds the node to an error that does not name it, if there are several.
func (p *resultPrinter) withNode(node string, err error) error {
	if !p.many || strings.Contains(err.Error(), node) {
		return err
	}
	return fmt.Errorf("node %s: %w", node, err)
}

func (p *resultPrinter) text(node string, out noderun.Output, ran bool) error {
	node = redact.Line(node)
	raw := p.app.RawStreams()
	streams := []struct {
		to   io.Writer
		data []byte
	}{{raw.Out, out.Stdout}, {raw.ErrOut, out.Stderr}}
	if p.many && !p.prefix && ran {
		header := fmt.Sprintf("==> %s (exit code %d, %.1fs) <==\n", node, out.ExitCode, out.Took.Seconds())
		if _, err := io.WriteString(p.app.Streams.Out, header); err != nil {
			return err
		}
	}
	for _, s := range streams {
		data := s.data
		if p.prefix {
			data = prefixed(node+": ", data)
		} else if p.many && len(data) > 0 && data[len(data)-1] != '\n' {
			data = append(data, '\n')
		}
		if _, err := s.to.Write(data); err != nil {
			return err
		}
	}
	return nil
}

// prefixed returns data with the prefix before each line and a newline at the end.
func prefixed(prefix string, data []byte) []byte {
	var b bytes.Buffer
	for line := range bytes.Lines(data) {
		b.WriteString(prefix)
		b.Write(line)
	}
	if n := b.Len(); n > 0 && b.Bytes()[n-1] != '\n' {
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// item prints an item in JSON, and what comes before it.
func (p *resultPrinter) item(item runResult) error {
	indent := "    "
	if !p.many {
		item.APIVersion, item.Kind, indent = apiVersion, "RunResult", ""
	}
	text, err := json.MarshalIndent(item, indent, "  ")
	if err != nil {
		return err
	}
	format := "%s\n"
	switch {
	case p.many && p.printed == 0:
		format = "{\n  \"apiVersion\": \"" + apiVersion + "\",\n  \"kind\": \"RunResultList\",\n  \"items\": [\n    %s"
	case p.many:
		format = ",\n    %s"
	}
	p.printed++
	_, err = fmt.Fprintf(p.app.JSONOut(), format, text)
	return err
}

// end prints the end of the JSON of several results, if that is the output format.
func (p *resultPrinter) end() error {
	if !p.json || !p.many || p.printed == 0 {
		return nil
	}
	_, err := io.WriteString(p.app.JSONOut(), "\n  ]\n}\n")
	return err
}
