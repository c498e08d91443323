package facts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/redact"
)

const (
	maxConcurrentNodes = 8 // with attemptsEach attempts each
	// listTimeout limits the list of the pods on one node.
	listTimeout = 30 * time.Second
	// maxTimeForLogs bounds the time for all nodes, however many there are.
	maxTimeForLogs = time.Hour
	// hopeless is the number of nodes, spread over the cluster, that fail before the others are not tried: then the tunnel is broken as
	// a whole, and a node that does not answer takes attemptTimeout.
	hopeless = maxChosen
)

var errHopeless = fmt.Errorf("not tried: logs could be read from none of the first %d nodes", hopeless)

// LogAttempts are attempts to read a line of a log from each chosen node, of a pod in kube-system. The line is discarded.
var LogAttempts = &Fact[[]Attempts]{
	Name:     "log-tries",
	Needs:    []check.Need{ClusterNodes},
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {fact.Rule("", "pods", "list"), fact.Rule("", "pods/log", "get")}},
	// the attempts have a limit of their own, which depends on the number of nodes
	Timeout: maxTimeForLogs + time.Minute,
	Gather: func(ctx context.Context, e *Env) ([]Attempts, []check.Evidence, error) {
		nodes, err := ClusterNodes.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		chosen := slices.DeleteFunc(slices.Clone(nodes.Items), func(n podhealth.Node) bool { return !n.Chosen || n.Simulated })
		all, err := readAllLogs(ctx, e, chosen)
		return all, nil, err
	},
}

// timeForLogs returns the time for the attempts on n nodes. Those on one node are 4 requests, which take 80 ms under the limits of this
// client if they succeed.
func timeForLogs(n int) time.Duration {
	return min(fact.DefaultTimeout+time.Duration(n)*200*time.Millisecond, maxTimeForLogs)
}

// readAllLogs attempts to read a log on each node. It returns an error only for a missing permission. Once the time is over, or logs
// could be read from none of hopeless nodes, the other nodes are not tried.
func readAllLogs(ctx context.Context, e *Env, nodes []podhealth.Node) ([]Attempts, error) {
	ctx, cancel := context.WithTimeout(ctx, timeForLogs(len(nodes)))
	defer cancel()
	all := make([]Attempts, len(nodes))
	errs := make([]error, len(nodes))
	var worked, failed atomic.Int64
	var g errgroup.Group
	g.SetLimit(maxConcurrentNodes)
	for _, i := range sampleFirst(len(nodes)) {
		g.Go(func() error {
			switch {
			case ctx.Err() != nil:
				errs[i] = errNotTried
			case worked.Load() == 0 && failed.Load() >= hopeless:
				errs[i] = errHopeless
			default:
				all[i], errs[i] = readLogs(ctx, e, nodes[i].Name)
			}
			worked.Add(int64(all[i].Succeeded))
			if len(all[i].Errors) > 0 {
				failed.Add(1)
			}
			return nil
		})
	}
	_ = g.Wait()
	for i, err := range errs {
		if denial(err) != nil {
			return nil, err
		}
		if err != nil {
			all[i] = Attempts{Node: nodes[i].Name, Off: redact.Message(err.Error()), NotTried: true}
		}
	}
	return all, nil
}

// sampleFirst returns the numbers below n, first those of a sample that is spread over them.
func sampleFirst(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	sample := slices.Clone(spread(order, hopeless))
	in := make([]bool, n)
	for _, i := range sample {
		in[i] = true
	}
	return append(sample, slices.DeleteFunc(order, func(i int) bool { return in[i] })...)
}

// readLogs attempts to read a log on the node, and once more if nothing was found out, such as where the pod was deleted meanwhile.
// It returns an error if no attempt could be made.
func readLogs(ctx context.Context, e *Env, node string) (Attempts, error) {
	t, err := readLogsOnce(ctx, e, node)
	if err != nil || t.Total() > 0 || !t.NotTried {
		return t, err
	}
	select {
	case <-ctx.Done():
		return t, nil
	case <-time.After(time.Second):
	}
	return readLogsOnce(ctx, e, node)
}

func readLogsOnce(ctx context.Context, e *Env, node string) (Attempts, error) {
	t := Attempts{Node: node}
	api := e.Clients.CoreV1().Pods(metav1.NamespaceSystem)
	var pods *corev1.PodList
	err := attemptRequest(ctx, listTimeout, func(ctx context.Context) (err error) {
		pods, err = api.List(ctx, metav1.ListOptions{
			FieldSelector: fields.Set{"spec.nodeName": node, "status.phase": string(corev1.PodRunning)}.AsSelector().String(),
			// served from the API server's cache, which indexes pods by node; a limit would read from etcd
			ResourceVersion: "0",
		})
		return err
	})
	if errors.Is(err, errNoAnswer) {
		err = fmt.Errorf("the API server did not answer within %s", listTimeout)
	}
	if err != nil && !errors.Is(err, errNotTried) {
		err = fmt.Errorf("listing the pods on node %s: %w", node, kube.NameDenied(err))
	}
	if err != nil {
		return t, err
	}
	pod, container := readablePod(pods.Items)
	if pod == nil {
		t.Off = "no pod of kube-system is running on the node"
		return t, nil
	}
	t.Verb, t.Namespace, t.Pod, t.Container = "logs", metav1.NamespaceSystem, pod.Name, container
	t.OwnNet = !pod.Spec.HostNetwork
	read := func(ctx context.Context) error {
		stream, err := api.GetLogs(pod.Name, &corev1.PodLogOptions{
			Container: container, LimitBytes: ptr.To[int64](1), // from the beginning: a damaged file is noticed there
		}).Stream(ctx)
		if err != nil {
			return err
		}
		defer stream.Close()
		return emptyOrByte(stream)
	}
	errs := attemptAll(ctx, func(ctx context.Context) error { return attemptRequest(ctx, attemptTimeout, read) })
	return t, t.record(errs)
}

// emptyOrByte reads a log that is limited to a byte. The kubelet writes some errors in its place, with the status of a success.
func emptyOrByte(log io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(log, 1<<10))
	if len(text) > 1 && errtext.Explain(string(text)).Class == errtext.KubeletAnswered {
		return errors.New(string(text[:min(len(text), 80)]))
	}
	return err
}

// readablePod returns a pod that is not being deleted and one of its running containers, or nil; rather one with a network namespace of its
// own, for port-forward.
func readablePod(pods []corev1.Pod) (pod *corev1.Pod, container string) {
	for i := range pods {
		if pods[i].DeletionTimestamp != nil || pod != nil && pods[i].Spec.HostNetwork {
			continue
		}
		j := slices.IndexFunc(pods[i].Status.ContainerStatuses, func(s corev1.ContainerStatus) bool { return s.State.Running != nil })
		if j < 0 {
			continue
		}
		pod, container = &pods[i], pods[i].Status.ContainerStatuses[j].Name
		if !pod.Spec.HostNetwork {
			break
		}
	}
	return pod, container
}
