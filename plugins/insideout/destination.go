package insideout

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// parseDestination parses HOST:PORT.
func parseDestination(text string) (facts.Destination, error) {
	host, port, err := cli.ParseHostPort("--to", text)
	return facts.Destination{Host: host, Port: port}, err
}

// onwardEnv returns the Env of the pod of --to, which must exist.
func (o *options) onwardEnv(ctx context.Context, s session, targets []target) (*facts.Env, error) {
	to, err := parseDestination(o.to)
	if err != nil {
		return nil, err
	}
	if len(targets) != 1 || targets[0].kind != "pod" {
		return nil, cli.WithHint(errors.New("--to takes one pod"), "write: "+cmdline.Kubectl("insideout", "pod/NAME", "--to", o.to).String())
	}
	name, namespace := targets[0].name, s.clients.Namespace
	if _, err := s.clients.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{}); apierrors.IsNotFound(err) {
		return nil, cli.WithHint(fmt.Errorf("pod %q does not exist in namespace %s", name, namespace),
			"list them with: "+cmdline.Kubectl("get", "pods", "-n", namespace).String())
	}
	env := &facts.Env{
		Memo:    fact.Memo{Target: check.Ref{Kind: "pod", Namespace: namespace, Name: name}},
		Clients: s.clients, Notes: s.maker.Notes, TestPods: s.pods, TunnelDoctor: tunnelDoctor,
		Timeout: o.timeout, Logs: o.Logs(), To: to,
	}
	return env.Bind(), nil
}
