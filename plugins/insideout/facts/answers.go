package facts

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/redact"
	"github.com/akstools/akstools/internal/testpod"
)

// AppAnswers is what the app answers on the addresses of its pods.
type AppAnswers struct {
	Probes
	From string `json:"from,omitempty"` // the node from which was asked
	// TunnelError is why the test pod could not be entered, where that is the tunnel's: then a pod of its own asked and told by its
	// termination message, and TLS was not spoken.
	TunnelError string `json:"cut,omitempty"`
	// Client is the pod that the user named as who connects; it was not asked from it.
	Client string `json:"client,omitempty"`
	// Total is how many pods, or addresses made by hand, there are; Asked how many of them were asked.
	Total int         `json:"total"`
	Tried int         `json:"asked"`
	Items []AppAnswer `json:"items"`
}

// AppAnswer is what one pod answers on the port to which one port of the Service leads.
type AppAnswer struct {
	Pod      string         `json:"pod,omitempty"` // empty: the address is of an EndpointSlice made by hand
	Host     string         `json:"host"`
	Port     int32          `json:"port"` // 0: no port of the pod has the name that targetPort asks for
	Service  endpoints.Port `json:"service"`
	Declared bool           `json:"declared"` // a container declares the port
	// OtherProtocol says that the containers declare it for another protocol only.
	OtherProtocol bool               `json:"otherProtocol,omitempty"`
	Expected      endpoints.Expected `json:"expected"`
	// Mesh says that a service mesh's proxy stands before the app: it may refuse what does not come through the mesh.
	Mesh bool `json:"mesh,omitempty"`
	// Answer to UDP has no Connect where nothing came back and that says nothing; to SCTP it never has one.
	endpoints.Answer
	// Loopback is what became of a connection to the port inside the pod, where the pod's address gave none: to 127.0.0.1,
	// by port-forward. LoopbackError is why it is not known.
	Loopback      string `json:"loopback,omitempty"`
	LoopbackError string `json:"loopbackError,omitempty"`
	// Others are the ports that the containers declare or probe and that accept connections, where Port gave none; of a port that is
	// not TCP, its own number where TCP is accepted there.
	Others []int32 `json:"others,omitempty"`
}

// maxTried bounds how many pods are asked.
const maxTried = 10

// inParallel bounds how many connections are made at once.
const inParallel = 6

// Answers are what the pods to which the Service leads answer to a test pod, or, for a Service without selector, the
// addresses of its EndpointSlices.
var Answers = &Fact[AppAnswers]{
	Name:   "answers",
	Needs:  []check.Need{Service, Pods, Slices},
	Access: []rbacv1.PolicyRule{fact.Rule("", "nodes", "get", "list")},
	Create: append(kube.Rules(testpod.Rights("")), fact.Rule("", "pods/portforward", "create", "get"), fact.Rule("", "pods", "create", "delete")),
	Gather: func(ctx context.Context, e *Env) (AppAnswers, []check.Evidence, error) {
		all := AppAnswers{Client: e.Client.Pod, Items: []AppAnswer{}}
		s, err := Service.From(ctx, e)
		if err != nil {
			return all, nil, err
		}
		questions, node, err := all.pending(ctx, e, s)
		if err != nil {
			return all, nil, err
		}
		if all.disabled(e) {
			return all, nil, nil
		}
		if len(questions) == 0 {
			return all, nil, nil
		}
		pod, err := e.TestPods.Get(ctx, e.clientNamespace(), node)
		if err != nil {
			return all, nil, err
		}
		all.From = pod.Node
		g, asking := errgroup.WithContext(ctx)
		g.SetLimit(inParallel)
		for i := range questions {
			g.Go(func() error { return questions[i].connect(asking, e, pod.Dialer()) })
		}
		g.Go(func() error {
			return queryDatagrams(e, questions, func(list []testpod.Request) ([]endpoints.Answer, error) { return pod.QueryDNS(asking, list) })
		})
		// a relay that does not even start in time has no way through the tunnel either
		if err := g.Wait(); isTunnelError(err) || errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			all.TunnelError = redact.Message(err.Error())
			if err := connectWithoutTunnel(ctx, e, all.From, questions); err != nil {
				return all, nil, err
			}
		} else if err != nil {
			return all, nil, err
		}
		for _, q := range questions {
			all.Items = append(all.Items, q.AppAnswer)
		}
		dropClaimedPorts(all.Items)
		return all, nil, all.dropReplaced(ctx, e, s)
	},
}

// pending returns what is to be asked, of the first pods, and the node of the first, which is empty where none is known.
func (l *AppAnswers) pending(ctx context.Context, e *Env, s ServiceInfo) (list []pendingAnswer, node string, err error) {
	if len(s.Selector) == 0 {
		list, err = l.pendingOfSlices(ctx, e, s)
		return list, "", err
	}
	pods, err := Pods.From(ctx, e)
	if err != nil {
		return nil, "", err
	}
	serving := pods.Serving(s)
	l.Total, l.Tried = len(serving), min(len(serving), maxTried)
	for _, p := range serving[:l.Tried] {
		if node == "" {
			node = p.Node
		}
		for _, port := range s.Ports {
			list = append(list, newPendingAnswer(p, port))
		}
	}
	return list, node, nil
}

// pendingOfSlices are the questions to addresses of EndpointSlices made by hand.
func (l *AppAnswers) pendingOfSlices(ctx context.Context, e *Env, s ServiceInfo) ([]pendingAnswer, error) {
	made, err := Slices.From(ctx, e)
	if err != nil {
		return nil, err
	}
	var list []pendingAnswer
	hosts := map[string]bool{}
	for _, port := range s.Ports {
		for _, a := range endpoints.Addresses(port, made) {
			if hosts[a.Host] = true; len(hosts) <= maxTried {
				list = append(list, pendingAnswer{AppAnswer: AppAnswer{Host: a.Host, Port: a.Port, Service: port, Expected: endpoints.Expect(port, a.Port, nil, nil)}})
			}
		}
	}
	l.Total, l.Tried = len(hosts), min(len(hosts), maxTried)
	return list, nil
}

// dropReplaced takes out the answers of pods that ceased to serve while they were asked, as in a rollout: that those do not
// answer is no fault.
func (l *AppAnswers) dropReplaced(ctx context.Context, e *Env, s ServiceInfo) error {
	if len(s.Selector) == 0 || !slices.ContainsFunc(l.Items, func(a AppAnswer) bool { return a.Connect != "" && a.Connect != endpoints.Connected }) {
		return nil
	}
	now, err := listPods(ctx, e, s)
	if err != nil {
		return err
	}
	serving := map[string]bool{}
	for _, p := range now.Serving(s) {
		serving[p.Name] = true
	}
	l.Items = slices.DeleteFunc(l.Items, func(a AppAnswer) bool { return a.Connect != endpoints.Connected && !serving[a.Pod] })
	if len(l.Items) == 0 {
		return errors.New("the pods were replaced during the test: try again")
	}
	return nil
}

// clientPod returns the client's test pod. It runs on the node from which the app was probed, if that is known.
func (e *Env) clientPod(ctx context.Context) (*testpod.Pod, error) {
	answers, err := Answers.From(ctx, e)
	if err != nil {
		return nil, err
	}
	return e.TestPods.Get(ctx, e.clientNamespace(), answers.From)
}
