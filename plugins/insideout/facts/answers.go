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
	"github.com/akstools/akstools/internal/redact"
	"github.com/akstools/akstools/internal/testpod"
)

// AppAnswers holds what the app answers at the addresses of its pods.
type AppAnswers struct {
	Probes
	From string `json:"from,omitempty"` // the node of the test pod
	// TunnelError is why the test pod could not be entered, if the tunnel is the reason. A pod that ends then made the
	// connections and reported by its termination message, without TLS.
	TunnelError string `json:"cut,omitempty"`
	// Client is the pod that the user named as the client. No connection was made from it.
	Client string `json:"client,omitempty"`
	// Place is the namespace in which the test pod ran because the target's did not admit it, and Refused the reason; empty: it did.
	Place   string `json:"place,omitempty"`
	Refused string `json:"refused,omitempty"`
	// Total is the number of pods, or of addresses in EndpointSlices created by hand. Tried is how many of them were tried.
	Total int         `json:"total"`
	Tried int         `json:"asked"`
	Items []AppAnswer `json:"items"`
}

// AppAnswer is what one pod answers on the target port of one port of the Service.
type AppAnswer struct {
	Pod      string         `json:"pod,omitempty"` // empty: the address is from an EndpointSlice created by hand
	Host     string         `json:"host"`
	Port     int32          `json:"port"` // 0: the pod has no port with targetPort's name
	Service  endpoints.Port `json:"service"`
	Declared bool           `json:"declared"` // a container declares the port
	// OtherProtocol reports whether the containers declare the port for another protocol only.
	OtherProtocol bool               `json:"otherProtocol,omitempty"`
	Expected      endpoints.Expected `json:"expected"`
	// Mesh reports whether a service mesh's proxy is in front of the app: it may reject connections from outside the mesh.
	Mesh bool `json:"mesh,omitempty"`
	// RequestHost and RequestPath are of the request that was answered: the user's, or see pendingAnswer.askAgain. Empty: the usual one.
	RequestHost string `json:"requestHost,omitempty"`
	RequestPath string `json:"requestPath,omitempty"`
	// Answer of a UDP port has no Connect if nothing came back and that proves nothing. Answer of an SCTP port is empty.
	endpoints.Answer
	// Loopback is the outcome of a port-forward connection to the port on 127.0.0.1 inside the pod, tried if the pod's address
	// did not connect. LoopbackError is why it is unknown.
	Loopback      string `json:"loopback,omitempty"`
	LoopbackError string `json:"loopbackError,omitempty"`
	// Others are the declared or probed ports that accept connections, if Port does not. For a port that is not TCP, it is the
	// same number if TCP is accepted there.
	Others []int32 `json:"others,omitempty"`
}

// maxTried bounds how many pods, names or objects of one kind are tried.
const maxTried = 10

// inParallel bounds how many connections are open at once.
const inParallel = 6

// Answers are what the Service's pods answer to a test pod. For a Service without selector, the addresses of its
// EndpointSlices are tried.
var Answers = &Fact[AppAnswers]{
	Name:   "answers",
	Needs:  []check.Need{Service, Pods, Slices, Ingresses},
	Access: []rbacv1.PolicyRule{fact.Rule("", "nodes", "get", "list")},
	Create: append(testpod.Rules(), fact.Rule("", "pods/portforward", "create", "get")),
	Gather: func(ctx context.Context, e *Env) (AppAnswers, []check.Evidence, error) {
		all := AppAnswers{Client: e.Client.Pod, Items: []AppAnswer{}}
		if e.Client.Refused != "" {
			all.Place, all.Refused = e.Client.Namespace, e.Client.Refused
		}
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
		// a relay that does not start in time does not get through the tunnel either
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

// pending returns the connections to make, and the node of the first pod; node is empty if it is unknown.
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

// pendingOfSlices returns the connections to make to addresses of EndpointSlices created by hand.
func (l *AppAnswers) pendingOfSlices(ctx context.Context, e *Env, s ServiceInfo) ([]pendingAnswer, error) {
	made, err := Slices.From(ctx, e)
	if err != nil {
		return nil, err
	}
	var list []pendingAnswer
	hosts := map[string]bool{}
	for _, port := range s.Ports {
		for _, a := range endpoints.Addresses(port, made) {
			hosts[a.Host] = true
			if len(hosts) <= maxTried {
				expected := endpoints.Expect(port, a.Port, nil, nil)
				list = append(list, pendingAnswer{AppAnswer: AppAnswer{Host: a.Host, Port: a.Port, Service: port, Expected: expected}})
			}
		}
	}
	l.Total, l.Tried = len(hosts), min(len(hosts), maxTried)
	return list, nil
}

// dropReplaced removes the answers of pods that stopped serving during the test, as in a rollout: that they do not answer is
// no fault.
func (l *AppAnswers) dropReplaced(ctx context.Context, e *Env, s ServiceInfo) error {
	failed := func(a AppAnswer) bool { return a.Connect != "" && a.Connect != endpoints.Connected }
	if len(s.Selector) == 0 || !slices.ContainsFunc(l.Items, failed) {
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

// clientPod returns the client's test pod. It runs on the node from which the app was tried, if that is known.
func (e *Env) clientPod(ctx context.Context) (*testpod.Pod, error) {
	answers, err := Answers.From(ctx, e)
	if err != nil {
		return nil, err
	}
	return e.TestPods.Get(ctx, e.clientNamespace(), answers.From)
}
