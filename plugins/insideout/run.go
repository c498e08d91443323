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
	"github.com/akstools/akstools/internal/redact"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/internal/testpod"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// tunnelDoctor is the command that diagnoses why the API server cannot reach a node.
const tunnelDoctor = "kubectl tunneldoctor"

// maxNodeProbed bounds how many Services are tried from several nodes.
const maxNodeProbed = 4

// inParallel bounds how many Services are checked at once.
const inParallel = 4

func (o *options) run(ctx context.Context, args []string) error {
	if err := o.validate(args); err != nil {
		return err
	}
	if o.Offline() {
		return o.EvaluateBundle(ctx)
	}
	reports, envs, err := o.diagnose(ctx, args)
	if err != nil {
		return err
	}
	verdict := o.Finish(reports)
	if o.logs {
		return errors.Join(writeLogs(ctx, o.App.Streams.Out, o.App.Cluster(), envs), verdict)
	}
	return verdict
}

// session is what a run shares between its targets.
type session struct {
	clients *kube.Clients
	maker   *jobpod.Maker
	pods    *testpod.Pool     // nil with --no-probe
	refused map[string]string // with --probe-namespace: why a namespace does not admit the test pod
}

// diagnose checks the targets in the cluster, and saves the bundle if that was asked for.
func (o *options) diagnose(ctx context.Context, args []string) ([]*report.Report, []*facts.Env, error) {
	targets, err := targets(args)
	if err != nil {
		return nil, nil, err
	}
	save, discard, err := o.CreateBundle()
	if err != nil {
		return nil, nil, err
	}
	defer discard()
	clients, err := kube.New(o.App.Flags)
	if err != nil {
		return nil, nil, err
	}
	s := session{clients: clients, maker: &jobpod.Maker{Clients: clients, Notes: o.Notes()}}
	if !o.noProbe {
		s.pods = &testpod.Pool{Maker: s.maker, Image: o.image, Plugin: Name}
		defer s.pods.Close(ctx)
	}
	envs, again, err := o.envs(ctx, s, targets)
	if err != nil {
		return nil, nil, err
	}
	reports := o.evaluate(ctx, envs, again)
	if err := context.Cause(ctx); err != nil {
		return nil, nil, err
	}
	if !o.Saves() {
		return reports, envs, nil
	}
	return reports, envs, save(memos(envs))
}

// envs returns an Env for each Service to check, or for the pod of --to. again returns another Env for the target of the i-th, which
// shares nothing with other targets.
func (o *options) envs(ctx context.Context, s session, targets []target) (envs []*facts.Env, again func(i int) *facts.Env, err error) {
	if o.to != "" {
		env, err := o.onwardEnv(ctx, s, targets)
		return []*facts.Env{env}, nil, err
	}
	services, err := o.services(ctx, s.clients, targets)
	if err != nil {
		return nil, nil, err
	}
	if o.nodeProbes && len(services) > maxNodeProbed {
		return nil, nil, fmt.Errorf("--node-probes creates a pod on each node for each Service: it takes at most %d Services, not %d",
			maxNodeProbed, len(services))
	}
	if o.Saves() && len(services) > fact.MaxTargets {
		return nil, nil, fmt.Errorf("--save takes at most %d Services, not %d: select fewer with -n or -l", fact.MaxTargets, len(services))
	}
	s.refused = o.refusals(ctx, s, services)
	shared := &fact.Cache{Targets: map[string]int{}}
	envs = make([]*facts.Env, len(services))
	for i, service := range services {
		shared.Targets[service.Namespace]++
		envs[i] = o.env(s, service)
		envs[i].Named = len(targets) > 0
		envs[i].Shared = &fact.Share{Cache: shared}
		if service.UID != "" { // else it could not be read: the fact tries again and reports why
			info, seen := facts.ServiceOf(service.Service)
			fact.Put(envs[i], facts.Service, info, seen...)
		}
	}
	return envs, func(i int) *facts.Env {
		env := o.env(s, services[i])
		env.Named = len(targets) > 0
		return env
	}, nil
}

// evaluate runs the checks on each Env, until ctx is done: the reports of the others are nil. A verdict other than healthy that is based
// on what was shared and is old by now is replaced by that on a new Env, from again: the cluster may have changed. Healthy stands: what is
// shared is read again each minute (fact.Cache), and its answers are new. Only with --save and --logs, envs keeps what was gathered.
func (o *options) evaluate(ctx context.Context, envs []*facts.Env, again func(i int) *facts.Env) []*report.Report {
	reports := make([]*report.Report, len(envs))
	var g errgroup.Group
	g.SetLimit(inParallel)
	for i := range envs {
		g.Go(func() error {
			if ctx.Err() != nil {
				return nil
			}
			reports[i] = o.Evaluate(ctx, &envs[i].Memo)
			if envs[i].Shared.Old() && reports[i].Verdict.Status != check.Passed && ctx.Err() == nil {
				envs[i] = again(i)
				reports[i] = o.Evaluate(ctx, &envs[i].Memo)
			}
			if !o.Saves() && !o.logs {
				envs[i] = nil
			}
			return nil
		})
	}
	_ = g.Wait() // what could not be found out is in the reports
	return reports
}

// memos returns what the Envs have gathered.
func memos(envs []*facts.Env) []*fact.Memo {
	all := make([]*fact.Memo, len(envs))
	for i, e := range envs {
		all[i] = &e.Memo
	}
	return all
}

// env returns the Env of a Service, which shares nothing with others.
func (o *options) env(s session, service subject) *facts.Env {
	env := &facts.Env{
		Memo:    fact.Memo{Target: check.Ref{Kind: "service", Namespace: service.Namespace, Name: service.Name}},
		Clients: s.clients, Notes: s.maker.Notes, TestPods: s.pods, TunnelDoctor: tunnelDoctor,
		Timeout: o.timeout, NodeProbes: o.nodeProbes, Logs: o.Logs(), Azure: facts.AzureMode(o.azure),
		Request: service.request,
	}
	env.Request.Host, env.Request.Path = cmp.Or(o.host, service.request.Host), cmp.Or(o.path, service.request.Path)
	env.Client.Namespace, env.Client.Pod, _ = strings.Cut(o.client, "/")
	if reason := s.refused[service.Namespace]; reason != "" {
		env.Client.Namespace, env.Client.Refused = o.elsewhere, reason
	}
	return env.Bind()
}

// refusals returns why namespaces of the Services do not admit a test pod, where --probe-namespace names another.
func (o *options) refusals(ctx context.Context, s session, services []subject) map[string]string {
	reasons := map[string]string{}
	if o.elsewhere == "" {
		return reasons
	}
	for _, service := range services {
		if _, known := reasons[service.Namespace]; known || service.Namespace == o.elsewhere {
			continue
		}
		reasons[service.Namespace] = ""
		if err := testpod.Admits(ctx, s.maker, testpod.Options{Namespace: service.Namespace, Image: o.image, Plugin: Name}); err != nil {
			reasons[service.Namespace] = redact.Message(err.Error())
		}
	}
	return reasons
}
