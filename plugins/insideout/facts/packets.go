package facts

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/capture"
	"github.com/akstools/akstools/internal/capture/pcap"
	"github.com/akstools/akstools/internal/capture/trace"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/testpod"
)

// Capture is what the user wants to have captured.
type Capture struct {
	// Client is where connections come from: NAMESPACE/POD, a node, or CaptureHere; empty: a test pod.
	Client    string
	Nodes     bool   // also at the outer interfaces of the nodes
	Filter    string // empty: the ports of the target
	Port      int32  // of the target; 0: all
	Path      string // of requests
	NoRequest bool
	Limits    capture.Options // Filter is not used
	Dir       string          // for files; empty: none are written
	NodePods  *nodepod.Manager
	NodePod   nodepod.Options
	// Version is the version of this program, for the files.
	Version string
}

// CaptureHere is this computer as the client.
const CaptureHere = "here"

// Packets is what was captured between the client and the pods of the target.
var Packets = &Fact[trace.Capture]{
	Name: "packets",
	Access: []rbacv1.PolicyRule{
		fact.Rule("", "services", "get"), fact.Rule("", "pods", "get", "list"), fact.Rule("", "nodes", "get", "list"),
	},
	Create:  append(testpod.Rules(), kube.Rules(nodepod.Rights("", true))...),
	Timeout: time.Hour,
	Gather: func(ctx context.Context, e *Env) (trace.Capture, []check.Evidence, error) {
		if e.Capture == nil {
			return trace.Capture{}, nil, errors.New("no packets were captured")
		}
		c := &capturing{Env: e, leases: map[string]*nodepod.Lease{}, announced: map[string]*sync.Once{}}
		defer c.release()
		result, err := c.run(ctx)
		return result, c.seen, err
	},
}

// settling is how long packets are captured after the last request: what is sent again a second later is seen too.
const settling = 1200 * time.Millisecond

// slack is how much longer than asked for a recorder may run if it is not told to stop.
const slack = 20 * time.Second

// capturing is a capture in progress.
type capturing struct {
	*Env
	target captureTarget
	client captureClient
	leases map[string]*nodepod.Lease // by node
	// announced is on which nodes it was announced that a recorder is sent there
	announced map[string]*sync.Once
	seen      []check.Evidence
}

func (c *capturing) release() {
	for _, l := range c.leases {
		l.Release()
	}
}

func (c *capturing) run(ctx context.Context) (trace.Capture, error) {
	if err := c.findTarget(ctx); err != nil {
		return trace.Capture{}, err
	}
	if err := c.findClient(ctx); err != nil {
		return trace.Capture{}, err
	}
	if err := c.leaseAll(ctx); err != nil {
		return trace.Capture{}, err
	}
	points, err := c.points(ctx)
	if err != nil {
		return trace.Capture{}, err
	}
	if err := alignClocks(ctx, points); err != nil {
		return trace.Capture{}, err
	}
	recordings, err := c.start(ctx, points)
	if err != nil {
		return trace.Capture{}, err
	}
	sent, requestErr := c.during(ctx, recordings)
	for _, r := range recordings {
		r.Stop()
	}
	result := trace.Capture{
		Target: c.Target.String(), Namespace: c.Target.Namespace, Filter: c.Capture.Filter, Others: c.target.others, Sent: sent,
	}
	var packets [][]pcap.Packet
	for _, r := range recordings {
		err := r.Wait()
		if err != nil {
			requestErr = errors.Join(requestErr, err)
		}
		packets = append(packets, r.Caught)
	}
	if requestErr != nil {
		return trace.Capture{}, requestErr
	}
	names := make([]string, len(recordings))
	if c.Capture.Dir != "" {
		if names, err = capture.WriteFiles(c.Capture.Dir, "kubectl-insideout "+c.Capture.Version, recordings); err != nil {
			return trace.Capture{}, fmt.Errorf("writing packets: %w", err)
		}
	}
	for i, r := range recordings {
		r.File = names[i]
		result.Places = append(result.Places, r.Place)
	}
	result.Connections = trace.Join(result.Places, packets, trace.Request{Ports: c.target.numbers(), Servers: c.target.addresses()})
	return result, nil
}

// start starts to capture at all points. On an error nothing is left that captures.
func (c *capturing) start(ctx context.Context, points []capture.Point) ([]*capture.Recording, error) {
	options := c.Capture.Limits
	options.Limit += slack
	options.Filter = c.Capture.Filter
	if options.Filter == "" {
		options.Filter = c.target.filter()
	}
	recordings := make([]*capture.Recording, len(points))
	var g errgroup.Group
	for i, p := range points {
		g.Go(func() (err error) {
			recordings[i], err = capture.Start(ctx, p, options)
			return err
		})
	}
	err := g.Wait()
	if err == nil {
		return recordings, nil
	}
	for _, r := range recordings {
		if r != nil {
			_ = r.Wait()
		}
	}
	return nil, err
}

// during makes the requests, or waits for those of the user, and returns what their sender saw.
func (c *capturing) during(ctx context.Context, recordings []*capture.Recording) ([]string, error) {
	if !c.Capture.NoRequest {
		limited, cancel := context.WithTimeout(ctx, c.Capture.Limits.Limit)
		defer cancel()
		sent, err := c.request(limited)
		if limited.Err() != nil && ctx.Err() == nil { // what was captured until then counts
			c.Notes.Warnf("the requests did not end within %s: raise --duration", c.Capture.Limits.Limit)
			err = nil
		}
		if err == nil {
			err = sleep(ctx, settling)
		}
		return sent, err
	}
	c.Notes.Notef("capturing for %s: send your requests now", c.Capture.Limits.Limit)
	ended := make(chan struct{})
	for _, r := range recordings {
		go func() {
			<-r.Done()
			select {
			case ended <- struct{}{}:
			case <-ctx.Done():
			}
		}()
	}
	select {
	case <-ended:
	case <-time.After(c.Capture.Limits.Limit):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return nil, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// alignClocks finds out how far the clock of each node is ahead, once a node.
func alignClocks(ctx context.Context, points []capture.Point) error {
	first := map[string]int{}
	var g errgroup.Group
	for i := range points {
		if _, known := first[points[i].Node]; known || points[i].Node == "" {
			continue
		}
		first[points[i].Node] = i
		g.Go(func() (err error) {
			points[i].Offset, points[i].Uncertainty, err = capture.Clock(ctx, points[i].Run)
			if err != nil {
				return fmt.Errorf("node %s: %w", points[i].Node, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i := range points {
		if k, known := first[points[i].Node]; known {
			points[i].Offset, points[i].Uncertainty = points[k].Offset, points[k].Uncertainty
		}
	}
	return nil
}
