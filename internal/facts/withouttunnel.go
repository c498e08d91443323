package facts

import (
	"context"
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/dialerror"
	"github.com/akstools/akstools/internal/testpod"
)

// tunnelCut says whether the error is that the API server does not reach the node.
func tunnelCut(err error) bool {
	return err != nil && dialerror.Explain(err.Error()).ToCluster()
}

// pointed names the program that finds out why the API server does not reach a node, where that is the error.
func pointed(err error) error {
	if !tunnelCut(err) {
		return err
	}
	return fmt.Errorf("%w: the API server does not reach the node; find out why with: kubectl tunneldoctor", err)
}

// askWithoutTunnel fills in the answers by pods that tell by their termination messages. Inside the app's pods nothing is tried.
func askWithoutTunnel(ctx context.Context, e *Env, node string, list []question) error {
	var (
		questions []testpod.Question
		set       []func(testpod.Answer)
	)
	for i := range list {
		a := &list[i]
		for _, n := range knownPorts(a.declared, a.probes) {
			if n == a.Port && a.Service.Protocol == "TCP" {
				continue
			}
			questions = append(questions, testpod.Question{Address: address(a.Host, n), Timeout: e.Timeout})
			set = append(set, func(answer testpod.Answer) {
				if answer.Connect == testpod.Connected && a.Connect != testpod.Connected {
					a.Others = append(a.Others, n)
				}
			})
		}
		if a.Service.Protocol == "TCP" && a.Port != 0 {
			questions = append([]testpod.Question{a.question(e)}, questions...) // before the others of all
			set = append([]func(testpod.Answer){func(answer testpod.Answer) {
				if a.Answer = answer; answer.Connect != testpod.Connected && a.Pod != "" {
					a.LoopbackError = "the tunnel is cut"
				}
			}}, set...)
		}
	}
	answers, err := askOnce(ctx, e, node, questions)
	if err != nil {
		return err
	}
	for i, answer := range answers {
		set[i](answer)
	}
	return nil
}

// askOnce asks from pods that end, as few as can tell all.
func askOnce(ctx context.Context, e *Env, node string, questions []testpod.Question) (answers []testpod.Answer, err error) {
	o := testpod.Options{Namespace: e.clientNamespace(), Node: node, Image: e.TestPods.Image, Plugin: e.TestPods.Plugin}
	for some := range slices.Chunk(questions, testpod.MaxOnce) {
		told, err := testpod.AskOnce(ctx, e.TestPods.Maker, o, some)
		if err != nil {
			return nil, err
		}
		answers = append(answers, told...)
	}
	return answers, nil
}
