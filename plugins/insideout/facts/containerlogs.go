package facts

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/akstools/akstools/internal/podhealth"
)

const (
	maxLoggedPods = 5
	logsInFlight  = 4
)

// ContainerLogs returns the last log lines of all containers of the target's first pods, and of their previous instances.
// omitted is the number of pods that are left out. The lines are for the user only: no check reads them and no bundle holds
// them.
func ContainerLogs(ctx context.Context, e *Env) (logs []LogTail, omitted int, err error) {
	pods, err := Pods.From(ctx, e)
	if err != nil {
		return nil, 0, err
	}
	items := pods.Items
	if len(items) > maxLoggedPods {
		items, omitted = items[:maxLoggedPods], len(items)-maxLoggedPods
	}
	for _, p := range items {
		for _, c := range p.Containers {
			if c.Last.Phase == podhealth.Terminated {
				logs = append(logs, LogTail{Pod: p.Name, Container: c.Name, Previous: true})
			}
			if c.State.Phase == podhealth.Running || c.State.Phase == podhealth.Terminated {
				logs = append(logs, LogTail{Pod: p.Name, Container: c.Name})
			}
		}
	}
	var g errgroup.Group
	g.SetLimit(logsInFlight)
	for i := range logs {
		g.Go(func() error {
			logs[i] = tail(ctx, e, logs[i].Pod, logs[i].Container, logs[i].Previous)
			return nil
		})
	}
	_ = g.Wait() // an error of reading is in its LogTail
	return logs, omitted, nil
}
