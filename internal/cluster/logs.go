package cluster

import (
	"context"
	"io"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/redact"
)

// LastLines returns the last lines of a container's log that are not empty, at most o.TailLines of them and o.LimitBytes of text, which
// must be set, without secrets. If it fails, it returns those that it has read.
func LastLines(ctx context.Context, c *kube.Clients, namespace, pod string, o *corev1.PodLogOptions) (lines []string, err error) {
	stream, err := c.CoreV1().Pods(namespace).GetLogs(pod, o).Stream(ctx)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	text, err := io.ReadAll(io.LimitReader(stream, *o.LimitBytes))
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" && len(lines) < int(*o.TailLines) {
			lines = append(lines, redact.Secrets(redact.Line(line)))
		}
	}
	return lines, err
}
