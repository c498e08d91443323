// Package podhealth describes pods, the workloads and nodes that they belong to, and why they do not start, run or become ready. It is
// pure: its types are what facts hold and checks read, and package cluster fills them.
package podhealth

import (
	"net/netip"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/endpoints"
)

// Pod is one pod.
type Pod struct {
	Name        string   `json:"name"`
	IP          string   `json:"ip,omitempty"`
	IPs         []string `json:"ips,omitempty"` // all of them, IP among them
	Node        string   `json:"node,omitempty"`
	HostNetwork bool     `json:"hostNetwork,omitempty"`
	// NameServers are those that it asks in place of the cluster's, by dnsPolicy None; empty: it asks the cluster's.
	NameServers []string `json:"nameServers,omitempty"`
	// DNSPolicy is the pod's, if it is not ClusterFirst.
	DNSPolicy string `json:"dnsPolicy,omitempty"`
	// Scheduler is the schedulerName; empty: the default one. Owner is what created it, such as "statefulset/web"; empty: nothing did.
	// Revision is that of its StatefulSet or DaemonSet from which it was created.
	Scheduler  string      `json:"scheduler,omitempty"`
	Owner      string      `json:"owner,omitempty"`
	Revision   string      `json:"revision,omitempty"`
	Phase      string      `json:"phase"`
	Reason     string      `json:"reason,omitempty"`  // why the whole pod failed, such as Evicted
	Message    string      `json:"message,omitempty"` // goes with Reason
	Created    time.Time   `json:"created"`
	Deleting   bool        `json:"deleting,omitempty"`
	Conditions []Condition `json:"conditions,omitempty"`
	Gates      []string    `json:"gates,omitempty"` // the condition types of its readiness gates
	Containers []Container `json:"containers"`      // init containers first
}

// Condition is a condition of an object's status.
type Condition struct {
	Type    string    `json:"type"`
	Status  string    `json:"status"`
	Reason  string    `json:"reason,omitempty"`
	Message string    `json:"message,omitempty"`
	Since   time.Time `json:"since,omitzero"`
}

// Condition returns the pod's condition of that type; its Status is empty where the pod has none.
func (p Pod) Condition(kind string) Condition {
	i := slices.IndexFunc(p.Conditions, func(c Condition) bool { return c.Type == kind })
	if i < 0 {
		return Condition{Type: kind}
	}
	return p.Conditions[i]
}

// Ready reports whether the pod is Ready.
func (p Pod) Ready() bool {
	return p.Condition(string(corev1.PodReady)).Status == string(corev1.ConditionTrue)
}

// Alive reports whether the pod runs or will run: it has neither finished nor is being deleted.
func (p Pod) Alive() bool {
	return !p.Deleting && p.Phase != string(corev1.PodSucceeded) && p.Phase != string(corev1.PodFailed)
}

// Prefer makes IP the pod's address of the IPv6 family if ipv6 is set and it has one. Else IP stays the first of its addresses.
func (p *Pod) Prefer(ipv6 bool) {
	for _, text := range p.IPs {
		if ip, err := netip.ParseAddr(text); err == nil && ipv6 && ip.Is6() {
			p.IP = text
			return
		}
	}
}

// restartedLately is how long a restart counts as recent.
const restartedLately = 10 * time.Minute

// Restarted reports whether a container of the pod ended shortly before at and was started again.
func (p Pod) Restarted(at time.Time) bool {
	return slices.ContainsFunc(
		p.Containers,
		func(c Container) bool { return c.Last.Phase == Terminated && at.Sub(c.Last.Since) < restartedLately },
	)
}

// ContainerProblem returns the first container of the pod in which find finds a problem, with its summary and cause. ok is false if
// there is none: find returns an empty summary then.
func (p Pod) ContainerProblem(find func(Container) (summary, cause string)) (c Container, summary, cause string, ok bool) {
	for _, c := range p.Containers {
		if summary, cause := find(c); summary != "" {
			return c, summary, cause, true
		}
	}
	return Container{}, "", "", false
}

// NotReady returns the pods that are alive and not Ready.
func NotReady(pods []Pod) []Pod {
	return slices.DeleteFunc(slices.Clone(pods), func(p Pod) bool { return !p.Alive() || p.Ready() })
}

// Ports returns the ports that the containers declare.
func (p Pod) Ports() []endpoints.ContainerPort {
	var ports []endpoints.ContainerPort
	for _, c := range p.Containers {
		if !c.Init || c.Sidecar {
			ports = append(ports, c.Ports...)
		}
	}
	return ports
}
