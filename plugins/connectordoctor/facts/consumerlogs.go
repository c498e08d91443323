package facts

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/podhealth"
)

// maxLogs is of how many containers the logs are read.
const maxLogs = 4

// ConsumerLogs are the ends of logs of pods that use the connection, by "pod/container": of one pod of each workload, the containers that
// exited with an error, else those that use the connection. Reading the logs of apps is too much for the role of connectordoctor: for a
// user who may not do so, they have an Error.
var ConsumerLogs = &Fact[map[string]LogTail]{
	Name:  "consumer-logs",
	Needs: []check.Need{ConsumerPods},
	Gather: func(ctx context.Context, e *Env) (map[string]LogTail, []check.Evidence, error) {
		pods, err := ConsumerPods.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		of := pods.ByWorkload()
		var tails []LogTail
		var states []podhealth.State
		for _, workload := range slices.Sorted(maps.Keys(of)) {
			for _, t := range telling(of[workload], pods.At) {
				tails, states = append(tails, t.tail), append(states, t.state)
			}
		}
		tails = tails[:min(len(tails), maxLogs)]
		fact.Concurrently(len(tails), func(i int) { tails[i] = tails[i].read(ctx, e, e.Target.Namespace, states[i]) })
		all := map[string]LogTail{}
		for _, t := range tails {
			all[t.Pod+"/"+t.Container] = t
		}
		return all, nil, nil
	},
}

// teller is a container whose log may tell something, and its state.
type teller struct {
	tail  LogTail
	state podhealth.State
}

// telling returns the containers of one of the workload's pods whose logs may tell something.
func telling(pods []ConsumerPod, at time.Time) (list []teller) {
	for _, pod := range pods {
		for _, c := range pod.Containers {
			once := pod.Ready() && c.Restarts < 2 // it may have waited for something
			if previous, exit := c.Exited(); exit.Phase == podhealth.Terminated && exit.ExitCode != 0 && at.Sub(exit.Since) < recent && !once {
				list = append(list, teller{LogTail{Pod: pod.Name, Container: c.Name, Previous: previous}, c.State})
			}
		}
		if len(list) > 0 {
			return list
		}
	}
	for _, pod := range pods {
		for _, c := range pod.Containers {
			if c.State.Phase == podhealth.Running && pod.Use.in(c.Name) {
				list = append(list, teller{LogTail{Pod: pod.Name, Container: c.Name}, c.State})
			}
		}
		if len(list) > 0 {
			return list
		}
	}
	return nil
}

// in reports whether the container takes something from a Secret, or has a token for Entra ID, or is the proxy of a service mesh, through
// which the others connect.
func (u PodUse) in(container string) bool {
	return container == "istio-proxy" ||
		slices.ContainsFunc(u.Uses, func(use Use) bool { return use.Container == container || use.Container == "" && use.How != CSI }) ||
		slices.ContainsFunc(u.Containers, func(c ContainerIdentity) bool { return c.Name == container && c.Token })
}
