package insideout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/facts"
	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/plugins/insideout/checks"
)

// inParallel bounds how many Services are walked at once.
const inParallel = 4

func (o *options) run(ctx context.Context, args []string) error {
	if err := o.validate(args); err != nil {
		return err
	}
	var reports []*report.Report
	var err error
	if o.from != "" {
		reports, err = o.judgeBundle(ctx)
	} else {
		reports, err = o.walk(ctx, args)
	}
	if err != nil {
		return err
	}
	if err := o.write(reports); err != nil {
		return err
	}
	if code := report.ExitCode(reports, check.Severity(o.failOn), o.allowUnknown); code != 0 {
		return cli.ExitError{Code: code}
	}
	return nil
}

// judgeBundle judges what an earlier run has found out.
func (o *options) judgeBundle(ctx context.Context) ([]*report.Report, error) {
	file, err := o.openBundle()
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	bundle, err := facts.ReadBundle(file, Name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.from, err)
	}
	var reports []*report.Report
	for _, t := range bundle.Targets {
		env, err := facts.Unbundle(t, facts.All())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.from, err)
		}
		reports = append(reports, judge(ctx, env))
	}
	return reports, nil
}

// walk finds out and judges.
func (o *options) walk(ctx context.Context, args []string) ([]*report.Report, error) {
	names, err := names(args)
	if err != nil {
		return nil, err
	}
	save, err := o.create()
	if err != nil {
		return nil, err
	}
	clients, err := kube.New(o.app.Flags)
	if err != nil {
		return nil, err
	}
	services, err := o.services(ctx, clients, names)
	if err != nil {
		return nil, err
	}
	maker := &jobpod.Maker{Clients: clients, Notes: o.app.Printer()}
	var pods *facts.TestPods
	if !o.noProbe {
		pods = &facts.TestPods{Maker: maker, Image: o.image, Plugin: Name}
		defer pods.Close(ctx)
	}
	envs := make([]*facts.Env, len(services))
	reports := make([]*report.Report, len(services))
	g := errgroup.Group{}
	g.SetLimit(inParallel)
	for i, s := range services {
		g.Go(func() error {
			envs[i] = o.env(clients, maker, pods, s)
			reports[i] = judge(ctx, envs[i])
			return nil
		})
	}
	_ = g.Wait() // a walk has no error: what cannot be found out is in its report
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return reports, save(envs)
}

func (o *options) env(clients *kube.Clients, maker *jobpod.Maker, pods *facts.TestPods, s *corev1.Service) *facts.Env {
	env := &facts.Env{
		Target:  check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name},
		Clients: clients, Notes: maker.Notes, TestPods: pods, Timeout: o.timeout,
		Logs: o.save == "" || o.withLogs,
	}
	if s.UID != "" { // else it could not be read: the fact tries again, and tells why
		info, seen := facts.ServiceOf(s)
		facts.Put(env, facts.Service, info, seen...)
	}
	return env
}

func judge(ctx context.Context, env *facts.Env) *report.Report {
	return report.New(Name, env.Target, check.Run(ctx, checks.All(), env))
}

// create opens the file of --save, before anything is done, and returns what writes the bundle to it.
func (o *options) create() (func([]*facts.Env) error, error) {
	if o.save == "" {
		return func([]*facts.Env) error { return nil }, nil
	}
	file, err := os.OpenFile(o.save, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return func(envs []*facts.Env) error {
		err := errors.Join(writeBundle(file, envs), file.Close())
		if err != nil {
			return fmt.Errorf("writing %s: %w", o.save, err)
		}
		return nil
	}, nil
}

func writeBundle(w io.Writer, envs []*facts.Env) error {
	bundle := facts.Bundle{BundleVersion: facts.BundleVersion, Plugin: Name}
	for _, env := range envs {
		t, err := env.Bundled()
		if err != nil {
			return err
		}
		bundle.Targets = append(bundle.Targets, t)
	}
	return bundle.Write(w)
}
