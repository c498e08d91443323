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

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/noderun"
)

// fromKubelet shows the log through the kubelet's log endpoint
// (https://kubernetes.io/docs/concepts/cluster-administration/system-logs/#log-query).
func (o *logsOptions) fromKubelet(
	ctx context.Context, clients *kube.Clients, node *corev1.Node, now time.Time, hint *hintContext,
) error {
	if o.source.follow || o.source.kernel {
		return errors.New("the kubelet's log API supports neither --follow nor --kernel")
	}
	hint.setNode(route{node: node})
	if hint.windows != nil {
		hint.command = o.source.getContent()
	}
	if err := clients.Check(ctx, kube.Right{Verb: "get", Resource: "nodes", Subresource: "proxy"}); err != nil {
		return err
	}
	below, query, err := o.source.kubeletQuery(now)
	if err != nil {
		if drivePrefix.MatchString(o.source.file) {
			cp := cmdline.Kubectl("aksnode", "cp", "-i", "KEY", o.node+":"+o.source.file, ".")
			show := cmdline.Kubectl("aksnode", "ssh", o.node, "--hostprocess", "--", "powershell", "Get-Content", "-Tail", "200", o.source.file)
			return cli.WithHint(err, "over SSH: "+cp.String(), "without SSH: "+show.String())
		}
		return err
	}
	request := clients.CoreV1().RESTClient().Get().Resource("nodes").Name(o.node).SubResource("proxy").Suffix("logs", below)
	for name, values := range query {
		for _, v := range values {
			request.Param(name, v)
		}
	}
	body, err := request.Stream(kube.Streamed(ctx))
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("node %s has no log %s", o.node, below)
	case err != nil && errtext.ToCluster(err.Error()):
		return &noderun.TunnelError{Err: err}
	case err != nil:
		return err
	}
	defer body.Close()
	return o.show(body)
}

// getContent returns the PowerShell command that shows the log on a Windows node, or nil if the log's file is unknown. That of the
// kubelet is from https://github.com/Azure/AgentBaker, staging/cse/windows.
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

// htmlStart is how a directory listing begins, which is also the kubelet's response to a log query if that is disabled.
const htmlStart = "<!doctype html>"

// show copies the kubelet's response to stdout.
func (o *logsOptions) show(body io.Reader) error {
	in := bufio.NewReaderSize(body, 64<<10)
	head, _ := in.Peek(len(htmlStart))
	if text := strings.ToLower(string(head)); text == htmlStart || strings.HasPrefix(text, "<pre>") {
		if file := o.source.file; file != "" {
			return cli.WithHint(fmt.Errorf("%s on node %s is a directory (or an HTML file)", file, o.node), "give the path of a log file in it")
		}
		err := fmt.Errorf("the node log query is not enabled on node %s (enableSystemLogQuery in its kubelet configuration)", o.node)
		return cli.WithHint(err,
			"to show a file below /var/log: --file /var/log/NAME",
			"on a Windows node: "+cmdline.Kubectl("aksnode", "ssh", o.node, "--hostprocess").String())
	}
	lines := &lineFilter{to: o.app.LogStreams().Out, tail: -1}
	if o.source.file != "" { // the endpoint returns the whole file
		lines.pattern, lines.tail = regexp.MustCompile(o.source.grep), o.source.tail // validate has checked it
	}
	_, err := io.Copy(lines, in)
	err = errors.Join(err, lines.Close())
	if cli.IsBrokenPipe(err) {
		return brokenPipe(&noderun.OutputError{Err: err})
	}
	return err
}

// logDirs are the directories that the endpoint serves.
var logDirs = []string{"/var/log/", `C:/var/log/`, `c:/var/log/`}

// kubeletQuery returns the path below /logs and the parameters of a request to the kubelet. The path of a log query is empty.
func (s *logSource) kubeletQuery(now time.Time) (below string, query url.Values, err error) {
	query = url.Values{}
	if s.file != "" {
		file := strings.ReplaceAll(s.file, `\`, "/")
		for _, dir := range logDirs {
			if rest, ok := strings.CutPrefix(file, dir); ok && rest != "" {
				return rest, query, nil
			}
		}
		return "", nil, fmt.Errorf("--file is %q: the kubelet serves only files below /var/log (C:\\var\\log)", s.file)
	}
	query["query"] = s.unitNames()
	for _, b := range s.bounds() {
		if t, err := parseTime(b.text, now); err == nil && !t.IsZero() {
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
