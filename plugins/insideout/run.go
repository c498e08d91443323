package insideout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/internal/testpod"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// tunnelDoctor is who finds out why the API server does not reach a node.
const tunnelDoctor = "kubectl tunneldoctor"

// maxNodeProbed bounds how many Services are tried from several nodes.
const maxNodeProbed = 4

// inParallel bounds how many Services are walked at once.
const inParallel = 4

func (o *options) run(ctx context.Context, args []string) error {
	if err := o.validate(args); err != nil {
		return err
	}
	if o.Offline() {
		reports, err := o.EvaluateBundle(ctx)
		if err != nil {
			return err
		}
		return o.Finish(reports)
	}
	reports, envs, err := o.diagnose(ctx, args)
	if err != nil {
		return err
	}
	verdict := o.Finish(reports)
	if o.logs {
		return errors.Join(writeLogs(ctx, o.App.Streams.Out, envs), verdict)
	}
	return verdict
}

// diagnose finds out and judges.
func (o *options) diagnose(ctx context.Context, args []string) ([]*report.Report, []*facts.Env, error) {
	targets, err := targets(args)
	if err != nil {
		return nil, nil, err
	}
	save, err := o.CreateBundle()
	if err != nil {
		return nil, nil, err
	}
	clients, err := kube.New(o.App.Flags)
	if err != nil {
		return nil, nil, err
	}
	maker := &jobpod.Maker{Clients: clients, Notes: o.Notes()}
	var pods *testpod.Pool
	if !o.noProbe {
		pods = &testpod.Pool{Maker: maker, Image: o.image, Plugin: Name}
		defer pods.Close(ctx)
	}
	if o.to != "" {
		env, err := o.onwardEnv(ctx, clients, maker, pods, targets)
		if err != nil {
			return nil, nil, err
		}
		r := o.Evaluate(ctx, &env.Memo)
		if err := context.Cause(ctx); err != nil {
			return nil, nil, err
		}
		return []*report.Report{r}, nil, save([]*fact.Memo{&env.Memo})
	}
	services, err := o.services(ctx, clients, targets)
	if err != nil {
		return nil, nil, err
	}
	if o.nodeProbes && len(services) > maxNodeProbed {
		return nil, nil, fmt.Errorf("--node-probes creates a pod on each node for each Service: it takes at most %d Services, not %d",
			maxNodeProbed, len(services))
	}
	envs := make([]*facts.Env, len(services))
	reports := make([]*report.Report, len(services))
	together := fact.Cache{Targets: map[string]int{}}
	for _, s := range services {
		together.Targets[s.Namespace]++
	}
	var g errgroup.Group
	g.SetLimit(inParallel)
	for i, s := range services {
		g.Go(func() error {
			envs[i] = o.env(clients, maker, pods, s)
			envs[i].Shared = &together
			reports[i] = o.Evaluate(ctx, &envs[i].Memo)
			return nil
		})
	}
	_ = g.Wait() // a walk has no error: what cannot be found out is in its report
	if err := context.Cause(ctx); err != nil {
		return nil, nil, err
	}
	return reports, envs, save(memos(envs))
}

// memos returns what the environments know.
func memos(envs []*facts.Env) []*fact.Memo {
	all := make([]*fact.Memo, len(envs))
	for i, e := range envs {
		all[i] = &e.Memo
	}
	return all
}

func (o *options) env(clients *kube.Clients, maker *jobpod.Maker, pods *testpod.Pool, s subject) *facts.Env {
	env := &facts.Env{
		Memo:    fact.Memo{Target: check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name}},
		Clients: clients, Notes: maker.Notes, TestPods: pods, Timeout: o.timeout, NodeProbes: o.nodeProbes, TunnelDoctor: tunnelDoctor,
		Logs: o.Logs(), Request: facts.Request{Host: cmp.Or(o.host, s.request.Host), Path: cmp.Or(o.path, s.request.Path)},
	}
	env.Client.Namespace, env.Client.Pod, _ = strings.Cut(o.client, "/")
	if s.UID != "" { // else it could not be read: the fact tries again, and tells why
		info, seen := facts.ServiceOf(s.Service)
		fact.Put(env, facts.Service, info, seen...)
	}
	return env.Bind()
}
