package facts

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/podhealth"
)

// maxLogs is of how many containers the logs are read.
const maxLogs = 6

// ConsumerLogs are the ends of logs of pods that use the connection, by "pod/container": of one pod of each workload, and of the last pod
// of Jobs that have failed, the containers that exited with an error, else those that use the connection. Those that exited come first. To
// read the logs of apps is too much for the role of connectordoctor: without the permission, they have an Error, as those beyond maxLogs
// have.
var ConsumerLogs = &Fact[map[string]LogTail]{
	Name:  "consumer-logs",
	Needs: []check.Need{ConsumerPods, Consumers},
	Gather: func(ctx context.Context, e *Env) (map[string]LogTail, []check.Evidence, error) {
		pods, err := ConsumerPods.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		consumers, err := Consumers.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		of := pods.ByWorkload()
		var tails []LogTail
		for _, c := range consumers.Items {
			if c.FailedLately(pods.At) && len(tails) < maxLogs/2 {
				tails = append(tails, pods.lastFailure(c.Ref)...)
			}
		}
		for _, workload := range slices.Sorted(maps.Keys(of)) {
			tails = append(tails, telling(of[workload], pods.At)...)
		}
		slices.SortStableFunc(tails, func(a, b LogTail) int {
			switch {
			case a.Exited == b.Exited:
				return 0
			case a.Exited:
				return -1
			}
			return 1
		})
		for i := range tails[min(len(tails), maxLogs):] {
			tails[maxLogs+i].Error = fmt.Sprintf("logs of at most %d containers are read", maxLogs)
		}
		fact.Concurrently(min(len(tails), maxLogs), func(i int) { tails[i] = tails[i].read(ctx, e, e.Target.Namespace) })
		all := map[string]LogTail{}
		for _, t := range tails {
			all[t.Pod+"/"+t.Container] = t
		}
		return all, nil, nil
	},
}

// lastFailure returns the containers of the Job's newest failed pod that exited with an error; of some Jobs no pod is left.
func (l ConsumerPodList) lastFailure(job check.Ref) (list []LogTail) {
	var newest ConsumerPod
	for _, pod := range l.Items {
		if pod.Owner == "job/"+job.Name && pod.Phase == string(corev1.PodFailed) && !pod.Created.Before(newest.Created) {
			newest = pod
		}
	}
	for _, c := range newest.Containers {
		if c.State.Phase == podhealth.Terminated && c.State.ExitCode != 0 {
			list = append(list, LogTail{Pod: newest.Name, Container: c.Name, Exited: true})
		}
	}
	return list
}

// telling returns the containers of one of the workload's pods whose logs may show something.
func telling(pods []ConsumerPod, at time.Time) (list []LogTail) {
	for _, pod := range pods {
		for _, c := range pod.Containers {
			once := pod.Ready() && c.Restarts < 2 // it may have waited for something
			if previous, exit := c.Exited(); exit.Phase == podhealth.Terminated && exit.ExitCode != 0 && at.Sub(exit.Since) < recent && !once {
				list = append(list, LogTail{Pod: pod.Name, Container: c.Name, Previous: previous, Exited: true})
			}
		}
		if len(list) > 0 {
			return list
		}
	}
	for _, pod := range pods {
		for _, c := range pod.Containers {
			if c.State.Phase == podhealth.Running && pod.Use.in(c.Name) {
				list = append(list, LogTail{Pod: pod.Name, Container: c.Name})
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
