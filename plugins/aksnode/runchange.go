package aksnode

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
)

// joinedLimit is how long reading the nodes again may take.
const joinedLimit = 3 * time.Second

// noteJoined tells which of the chosen nodes the command did not run on, because they joined the cluster after the nodes before were read.
func (o *runOptions) noteJoined(ctx context.Context, clients *kube.Clients, before []corev1.Node) {
	ctx, cancel := context.WithTimeout(ctx, joinedLimit)
	defer cancel()
	now, err := o.choice.nodes(ctx, clients)
	if err != nil {
		return // it is only a note
	}
	var joined []string
	for _, n := range now {
		known := slices.ContainsFunc(before, func(b corev1.Node) bool { return b.Name == n.Name && b.UID == n.UID })
		if !known && !nodepod.IsWindows(&n) {
			joined = append(joined, n.Name)
		}
	}
	if len(joined) > 0 {
		o.app.Printer().Warnf("joined the cluster meanwhile, so that the command did not run there: %s", someOf(joined))
	}
}

// leftCluster returns err, or a better one if it reports that a node that flags have chosen does not exist any more.
func (o *runOptions) leftCluster(node string, err error) error {
	var unusable *nodepod.UnusableNodeError
	if o.choice.byFlags() && errors.As(err, &unusable) && unusable.Missing {
		return fmt.Errorf("node %s has left the cluster since the command started", node)
	}
	return err
}
