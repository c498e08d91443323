package facts

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/akstools/akstools/internal/podhealth"
)

// ContainerLog is the end of the log of one container, of its run before the last restart where Previous is set.
type ContainerLog struct {
	Pod, Container string
	Previous       bool
	LogTail
}

const (
	maxLoggedPods = 5
	logsInFlight  = 4
)

// ContainerLogs are the last lines of all containers of the target's first pods, and of their runs before; omitted is the
// number of pods that are left out. They are for the user's eyes: no check reads them and no bundle has them.
func ContainerLogs(ctx context.Context, e *Env) (logs []ContainerLog, omitted int, err error) {
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
				logs = append(logs, ContainerLog{Pod: p.Name, Container: c.Name, Previous: true})
			}
			if c.State.Phase == podhealth.Running || c.State.Phase == podhealth.Terminated {
				logs = append(logs, ContainerLog{Pod: p.Name, Container: c.Name})
			}
		}
	}
	var g errgroup.Group
	g.SetLimit(logsInFlight)
	for i := range logs {
		g.Go(func() error {
			l := &logs[i]
			l.LogTail = tail(ctx, e, l.Pod, l.Container, l.Previous)
			return nil
		})
	}
	_ = g.Wait() // what could not be read says so in its place
	return logs, omitted, nil
}
