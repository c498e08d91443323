package facts

import (
	"context"
	"fmt"
	"time"

	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/testpod"
)

// isTunnelError says whether the error is that the API server does not reach the node.
func isTunnelError(err error) bool {
	return err != nil && errtext.Explain(err.Error()).ToCluster()
}

// pointed names the program that finds out why the API server does not reach a node, where that is the error.
func (e *Env) withTunnelDoctor(err error) error {
	if e.TunnelDoctor == "" || !isTunnelError(err) {
		return err
	}
	return fmt.Errorf("%w: the API server cannot reach the node; find out why with: %s", err, e.TunnelDoctor)
}

// runInTestPod runs the script, which takes that long at most, in the client's test pod, or where that cannot be entered in a pod that ends.
// It returns its output, and the node.
func (e *Env) runInTestPod(ctx context.Context, answers AppAnswers, takes time.Duration, script string, args ...string) (out, node string, err error) {
	if answers.TunnelError != "" {
		out, err = testpod.RunOnce(ctx, e.TestPods.Maker, e.onceOptions(answers.From), takes, script, args...)
		return out, answers.From, err
	}
	pod, err := e.TestPods.Get(ctx, e.clientNamespace(), answers.From)
	if err != nil {
		return "", "", err
	}
	ctx, cancel := context.WithTimeout(ctx, takes)
	defer cancel()
	out, err = pod.Run(ctx, script, args...)
	return out, pod.Node, err
}

// connectWithoutTunnel fills in the answers by pods that tell by their termination messages: first the ports to which the Service leads,
// then what else the containers declare or probe of those that did not connect. Inside the app's pods nothing is tried.
func connectWithoutTunnel(ctx context.Context, e *Env, node string, list []pendingAnswer) error {
	var r batch
	for i := range list {
		a := &list[i]
		a.Answer, a.Loopback, a.LoopbackError, a.Others = endpoints.Answer{}, "", "", nil
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
	if err := queryDatagrams(e, list, func(questions []testpod.Request) ([]endpoints.Answer, error) {
		return testpod.QueryDNSOnce(ctx, e.TestPods.Maker, e.onceOptions(node), questions)
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

// addPort asks whether another port of the pod accepts connections.
func (r *batch) addPort(e *Env, a *pendingAnswer, n int32) {
	r.add(testpod.Request{Address: address(a.Host, n), Timeout: e.Timeout}, func(answer endpoints.Answer) {
		if answer.Connect == endpoints.Connected {
			a.Others = append(a.Others, n)
		}
	})
}
