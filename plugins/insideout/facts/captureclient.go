package facts

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/capture"
	"github.com/akstools/akstools/internal/capture/trace"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/testpod"
)

// captureClient is where connections come from.
type captureClient struct {
	name    string      // as places are called
	node    string      // empty: it is this computer
	pod     *corev1.Pod // nil: the node itself
	testPod *testpod.Pod
	dialer  dial.Dialer // nil: no requests are made
	address string      // of the node itself; empty: it is none, or has none
}

// findClient finds the client, and creates the test pod if that is the client.
func (c *capturing) findClient(ctx context.Context) error {
	client := &c.client
	namespace, name, isPod := strings.Cut(c.Capture.Client, "/")
	switch {
	case c.Capture.Client == CaptureHere:
		client.name, client.dialer = "this computer", &net.Dialer{}
		return nil
	case c.Capture.Client == "":
		return c.createClient(ctx)
	case !isPod:
		client.name, client.node = "node "+c.Capture.Client, c.Capture.Client
		node, err := c.Clients.CoreV1().Nodes().Get(ctx, client.node, metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("the client: %w", err)
		}
		if ip := cluster.NodeOf(node).IP; ip.IsValid() {
			client.address = ip.String()
		}
	default:
		pod, err := c.Clients.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("the client: %w", err)
		}
		if pod.Status.Phase != corev1.PodRunning || pod.Status.PodIP == "" {
			return fmt.Errorf("the client: pod %s is not running", name)
		}
		client.name, client.node, client.pod = placeOf(pod), pod.Spec.NodeName, pod
	}
	if c.Capture.NoRequest {
		return nil
	}
	lease, err := c.lease(ctx, client.node)
	if err != nil {
		return err
	}
	relay := &dial.Relay{Clients: c.Clients, At: lease.Pod.Container(), Tool: dial.Bash}
	if client.pod != nil && !client.pod.Spec.HostNetwork {
		process, err := capture.Process(ctx, c.on(lease), string(client.pod.UID))
		if err != nil {
			return fmt.Errorf("%s: %w", client.name, err)
		}
		relay.Enter = []string{"/usr/bin/nsenter", "-t", process, "-n", "--"}
	}
	client.dialer = relay
	return nil
}

// createClient creates the test pod, on another node than the target's pods if there is one.
func (c *capturing) createClient(ctx context.Context) error {
	if c.Capture.NoRequest {
		return nil // the clients are others
	}
	pod, err := c.TestPods.Get(ctx, c.Target.Namespace, c.otherNode(ctx))
	if err != nil {
		return err
	}
	at := pod.Container()
	object, err := c.Clients.CoreV1().Pods(at.Namespace).Get(ctx, at.Pod, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("the test pod: %w", err)
	}
	c.client = captureClient{name: "the test pod", node: pod.Node, pod: object, testPod: pod, dialer: pod.Dialer()}
	return nil
}

// otherNode returns a node on which none of the pods runs, so that connections cross the network between nodes; empty: there is none.
func (c *capturing) otherNode(ctx context.Context) string {
	nodes, err := c.Clients.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: corev1.LabelOSStable + "=linux", Limit: 50})
	if err != nil {
		return ""
	}
	for i := range nodes.Items {
		n := &nodes.Items[i]
		used := slices.ContainsFunc(c.target.pods, func(p corev1.Pod) bool { return p.Spec.NodeName == n.Name })
		if notReady, err := nodepod.CheckNode(n); err == nil && notReady == "" && !n.Spec.Unschedulable && !used {
			return n.Name
		}
	}
	return ""
}

// placeOf returns what a pod is called as a place.
func placeOf(p *corev1.Pod) string { return "pod " + p.Namespace + "/" + p.Name }

// points returns where to capture.
func (c *capturing) points(ctx context.Context) ([]capture.Point, error) {
	var all []capture.Point
	add := func(p trace.Place, uid, toward string) error {
		point := capture.Point{Place: p, PodUID: uid, Toward: toward}
		if p.Node == "" {
			run, err := capture.Here()
			if err != nil {
				return err
			}
			point.Run = run
		} else {
			lease, err := c.lease(ctx, p.Node)
			if err != nil {
				return err
			}
			point.Run, point.Sends = c.on(lease), c.sends(p.Node)
		}
		all = append(all, point)
		return nil
	}
	var errs []error
	if client := c.client; client.name != "" {
		place := trace.Place{Name: client.name, Stage: trace.Client, Node: client.node}
		uid := ""
		if client.pod != nil {
			place.Pod, place.Temporary = client.pod.Namespace+"/"+client.pod.Name, client.testPod != nil
			place.Addresses, uid = addressesOf(client.pod), namespaceUID(client.pod)
		}
		errs = append(errs, add(place, uid, ""))
		if c.Capture.Nodes && client.pod != nil && !client.pod.Spec.HostNetwork {
			if toward, ok := c.elsewhere(client.node); ok {
				errs = append(errs, add(trace.Place{Name: "node " + client.node, Stage: trace.ClientNode, Node: client.node}, "", toward))
			}
		}
	}
	nodes := map[string]bool{c.client.node: true}
	for i := range c.target.pods {
		pod := &c.target.pods[i]
		if node := pod.Spec.NodeName; c.Capture.Nodes && !nodes[node] && !pod.Spec.HostNetwork {
			nodes[node] = true
			toward, ok := c.toClient(pod)
			if ok {
				errs = append(errs, add(trace.Place{Name: "node " + node, Stage: trace.ServerNode, Node: node}, "", toward))
			}
		}
		place := trace.Place{
			Name: placeOf(pod), Stage: trace.Server, Node: pod.Spec.NodeName, Pod: pod.Namespace + "/" + pod.Name, Addresses: addressesOf(pod),
		}
		errs = append(errs, add(place, namespaceUID(pod), ""))
	}
	return all, errors.Join(errs...)
}

// elsewhere returns the address of a pod of the target on another node.
func (c *capturing) elsewhere(node string) (string, bool) {
	for _, p := range c.target.pods {
		if p.Spec.NodeName != node {
			return p.Status.PodIP, true
		}
	}
	return "", false
}

// toClient returns an address to which the answers of the pod leave its node.
func (c *capturing) toClient(pod *corev1.Pod) (string, bool) {
	if c.client.pod != nil {
		return c.client.pod.Status.PodIP, c.client.node != pod.Spec.NodeName
	}
	if c.client.address != "" {
		return c.client.address, c.client.node != pod.Spec.NodeName
	}
	return "1.1.1.1", true // by the default route; nothing is sent to it
}

// namespaceUID returns the UID of the pod whose network namespace is its own; empty: it is its node's.
func namespaceUID(p *corev1.Pod) string {
	if p.Spec.HostNetwork {
		return ""
	}
	return string(p.UID)
}

func addressesOf(p *corev1.Pod) (all []netip.Addr) {
	for _, ip := range p.Status.PodIPs {
		if a, err := netip.ParseAddr(ip.IP); err == nil {
			all = append(all, a)
		}
	}
	return all
}
