package aksnode

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/cli"
)

const (
	// powersLimit is how long reading all power states may take.
	powersLimit = 10 * time.Second
	// powersAtOnce bounds the requests that are sent at once.
	powersAtOnce = 4
)

// powers fills in the power states of the nodes' machines: one list a scale set. Unless Azure is required, the states that cannot be read
// are unknown, and a warning says why.
func (o *listOptions) powers(ctx context.Context, mode azure.Mode, nodes []NodeInfo) error {
	err := readPowers(ctx, nodes)
	var reason *azure.Error
	switch {
	case err == nil:
		return nil
	case mode == azure.Require && errors.As(err, &reason):
		return cli.WithHint(err, viaHints(reason)...)
	case mode == azure.Require:
		return err
	}
	o.app.Printer().Warnf("some power states are unknown: %v", err)
	return nil
}

// readPowers fills in the power states, and returns the first error.
func readPowers(ctx context.Context, nodes []NodeInfo) error {
	login, err := azure.CurrentLogin()
	if err != nil {
		return err
	}
	groups := map[id.Instance][]int{} // the nodes of each scale set, and each standalone machine
	for i, n := range nodes {
		if n.Instance == nil {
			continue
		}
		key := *n.Instance
		if key.ScaleSet != "" {
			key.ID = ""
		}
		groups[key] = append(groups[key], i)
	}
	ctx, cancel := context.WithTimeout(ctx, powersLimit)
	defer cancel()
	var g errgroup.Group
	g.SetLimit(powersAtOnce)
	for _, members := range groups {
		g.Go(func() error { return readPower(ctx, login, nodes, members) })
	}
	return g.Wait()
}

// readPower fills in the power states of the nodes of one scale set, or of one standalone machine.
func readPower(ctx context.Context, login azure.Login, nodes []NodeInfo, members []int) error {
	at := *nodes[members[0]].Instance
	client, err := azure.New(login, at.Subscription, "kubectl-aksnode")
	if err != nil {
		return err
	}
	if at.ScaleSet == "" {
		nodes[members[0]].Power, err = azure.Power(ctx, client, at)
		return err
	}
	states, err := azure.PowerOfScaleSet(ctx, client, at)
	for _, i := range members {
		nodes[i].Power = states[nodes[i].Instance.ID]
	}
	return err
}
