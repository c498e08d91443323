package facts

import (
	"context"
	"fmt"
	"time"

	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/testpod"
)

// isTunnelError reports whether the API server could not reach the node.
func isTunnelError(err error) bool {
	return err != nil && errtext.Explain(err.Error()).ToCluster()
}

// withTunnelDoctor adds to a tunnel error the command that diagnoses the tunnel.
func (e *Env) withTunnelDoctor(err error) error {
	if e.TunnelDoctor == "" || !isTunnelError(err) {
		return err
	}
	return fmt.Errorf("%w: the API server cannot reach the node; find out why with: %s", err, e.TunnelDoctor)
}

// runInTestPod runs the script for at most limit in the client's test pod, or in a pod that ends if that cannot be entered. It
// returns the output and the node.
func (e *Env) runInTestPod(
	ctx context.Context, answers AppAnswers, limit time.Duration, script string, args ...string,
) (out, node string, err error) {
	if answers.TunnelError != "" {
		out, err = testpod.RunOnce(ctx, e.TestPods.Maker, e.onceOptions(answers.From), limit, script, args...)
		return out, answers.From, err
	}
	pod, err := e.TestPods.Get(ctx, e.clientNamespace(), answers.From)
	if err != nil {
		return "", "", err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	out, err = pod.Run(ctx, script, args...)
	return out, pod.Node, err
}

// connectWithoutTunnel fills in the answers from pods that report by their termination messages: first of the target ports,
// then of the other declared or probed ports of those that did not connect. Nothing is tried inside the app's pods.
func connectWithoutTunnel(ctx context.Context, e *Env, node string, list []pendingAnswer) error {
	var r batch
	for i := range list {
		a := &list[i]
		a.Answer, a.Loopback, a.LoopbackError, a.Others = endpoints.Answer{}, "", "", nil
		a.RequestHost, a.RequestPath = e.Request.Host, e.Request.Path
		if a.Service.Protocol != "TCP" {
			if n, ok := (endpoints.Port{TargetPort: a.Service.TargetPort, Protocol: "TCP"}).Target(a.declared); ok {
				r.addPort(e, a, n)
			}
			continue
		}
		if a.Port != 0 {
			r.add(a.request(e), func(answer endpoints.Answer) { a.Answer = answer })
		}
	}
	if err := r.send(ctx, e, node); err != nil {
		return err
	}
	if err := queryDatagrams(e, list, func(requests []testpod.Request) ([]endpoints.Answer, error) {
		return testpod.QueryDNSOnce(ctx, e.TestPods.Maker, e.onceOptions(node), requests)
	}); err != nil {
		return err
	}
	r = batch{}
	for i := range list {
		a := &list[i]
		if a.Service.Protocol != "TCP" || a.Connect == endpoints.Connected {
			continue
		}
		if a.Pod != "" {
			a.LoopbackError = "the tunnel is down"
		}
		tried := map[int32]bool{a.Port: true}
		for _, n := range knownPorts(a.declared, a.probes) {
			if !tried[n] && len(tried) <= maxTried && len(r.requests) < testpod.MaxOnce {
				tried[n] = true
				r.addPort(e, a, n)
			}
		}
	}
	return r.send(ctx, e, node)
}

// addPort adds a connection to another port of the pod, which joins Others if it is accepted.
func (r *batch) addPort(e *Env, a *pendingAnswer, n int32) {
	r.add(testpod.Request{Address: address(a.Host, n), Timeout: e.Timeout}, func(answer endpoints.Answer) {
		if answer.Connect == endpoints.Connected {
			a.Others = append(a.Others, n)
		}
	})
}
