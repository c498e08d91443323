package aksnode

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
)

// fromKubelet shows the log by the kubelet's own endpoint
// (https://kubernetes.io/docs/concepts/cluster-administration/system-logs/#log-query).
func (o *logsOptions) fromKubelet(ctx context.Context, clients *kube.Clients, now time.Time, hint *explainContext) error {
	if o.source.follow || o.source.kernel {
		return errors.New("the kubelet's log endpoint knows neither --follow nor --kernel")
	}
	node, err := nodepod.GetNode(ctx, clients, o.node)
	if err != nil {
		return err
	}
	if hint.at(route{node: node}); hint.windows != nil {
		hint.command = o.source.getContent()
	}
	if err := clients.Check(ctx, kube.Right{Verb: "get", Resource: "nodes", Subresource: "proxy"}); err != nil {
		return err
	}
	below, query, err := o.source.kubeletQuery(now)
	if err != nil {
		if drivePrefix.MatchString(o.source.file) {
			copied := cmdline.Quote([]string{"kubectl", "aksnode", "cp", "-i", "KEY", o.node + ":" + o.source.file, "."})
			return cli.WithHint(err, "over SSH: "+copied, "without SSH: kubectl aksnode ssh "+o.node+" --hostprocess -- powershell Get-Content -Tail 200 "+cmdline.Quote([]string{o.source.file}))
		}
		return err
	}
	request := clients.CoreV1().RESTClient().Get().Resource("nodes").Name(o.node).SubResource("proxy").Suffix("logs", below)
	for name, values := range query {
		for _, v := range values {
			request.Param(name, v)
		}
	}
	body, err := request.Stream(ctx)
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("node %s has no %s among its logs", o.node, below)
	case err != nil && errtext.ToCluster(err.Error()):
		return &noderun.TunnelError{Err: err}
	case err != nil:
		return err
	}
	defer body.Close()
	return o.copy(body)
}

// getContent is the PowerShell command that shows the log on a Windows node, or nil where no file is known to hold it
// (that of the kubelet: https://github.com/Azure/AgentBaker, staging/cse/windows).
func (s *logSource) getContent() []string {
	file := s.file
	if names := s.unitNames(); file == "" && len(names) == 1 && names[0] == "kubelet" {
		file = `C:\k\kubelet.err.log`
	}
	if file == "" {
		return nil
	}
	lines := s.tail
	if lines < 0 {
		lines = 200
	}
	return []string{"Get-Content", "-Tail", strconv.Itoa(lines), `"` + file + `"`}
}

// disabled is how a kubelet without the log query answers: with the list of its files.
const disabled = "<!doctype html>"

func (o *logsOptions) copy(body io.Reader) error {
	in := bufio.NewReaderSize(body, 64<<10)
	head, _ := in.Peek(len(disabled))
	if text := strings.ToLower(string(head)); text == disabled || strings.HasPrefix(text, "<pre>") {
		if file := o.source.file; file != "" {
			return cli.WithHint(fmt.Errorf("%s of node %s is a folder, or HTML, which the kubelet does not tell apart", file, o.node), "name a file of it")
		}
		return cli.WithHint(fmt.Errorf("the node log query is not enabled on node %s (enableSystemLogQuery of its kubelet)", o.node),
			"a file below /var/log: --file /var/log/NAME", "on a Windows node without it: kubectl aksnode ssh "+o.node+" --hostprocess")
	}
	lines := &lineFilter{to: o.app.Streams.Out, tail: -1}
	if o.source.file != "" { // which the endpoint shows whole
		lines.pattern, lines.tail = regexp.MustCompile(o.source.grep), o.source.tail // validate compiled it
	}
	_, err := io.Copy(lines, in)
	if err = errors.Join(err, lines.Close()); cli.IsBrokenPipe(err) {
		return brokenPipe(&noderun.OutputError{Err: err})
	}
	return err
}

// logDirs are the folders that the endpoint serves.
var logDirs = []string{"/var/log/", `C:/var/log/`, `c:/var/log/`}

// kubeletQuery returns the path below /logs, empty for a query, and the parameters.
func (s *logSource) kubeletQuery(now time.Time) (below string, query url.Values, err error) {
	query = url.Values{}
	if s.file != "" {
		file := strings.ReplaceAll(s.file, `\`, "/")
		for _, dir := range logDirs {
			if rest, ok := strings.CutPrefix(file, dir); ok && rest != "" {
				return rest, query, nil
			}
		}
		return "", nil, fmt.Errorf("--file is %q: the kubelet shows files below /var/log (C:\\var\\log) only", s.file)
	}
	query["query"] = s.unitNames()
	for _, b := range s.bounds() {
		if t, err := moment(b.text, now); err == nil && !t.IsZero() {
			query.Set(b.parameter, t.UTC().Format(time.RFC3339))
		}
	}
	if s.grep != "" {
		query.Set("pattern", s.grep)
	}
	if s.tail >= 0 {
		query.Set("tailLines", strconv.Itoa(s.tail))
	}
	return "", query, nil
}
