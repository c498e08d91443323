package facts

import (
	"context"
	"encoding/json"
	"net"
	"net/url"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/podhealth"
)

// The tunnels that AKS has had, by the names of their Deployments in kube-system
// (https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/tunnel-connectivity-issues).
const (
	Konnectivity = "konnectivity-agent"
	AksLink      = "aks-link"
	Tunnelfront  = "tunnelfront"
)

// TunnelInfo is which tunnel the cluster has, read from its objects.
type TunnelInfo struct {
	// Kind is one of the names above; empty: there is no such Deployment, so none (API Server VNet Integration with flat Azure
	// CNI has none), or one that is not on the user's nodes, or one that was deleted.
	Kind string `json:"kind"`
	// Endpoint is to what the agents connect; its Host is empty where the objects do not tell.
	Endpoint   nodecheck.Endpoint `json:"endpoint"`
	HealthPort int                `json:"healthPort,omitempty"`
	Image      string             `json:"image,omitempty"`
	Selector   string             `json:"selector,omitempty"` // of the agents' pods
	Secret     string             `json:"secret,omitempty"`   // with the agents' certificates
	Replicas   int32              `json:"replicas"`           // wanted
	// Failure is why no pods can be made; its Status is empty where no such condition is set.
	Failure podhealth.Condition `json:"failure,omitzero"`
	// Ladder is the autoscaler's, of nodes to replicas; empty: there is none, or it could not be read.
	Ladder [][2]int `json:"ladder,omitempty"`
}

// ReadyIsConnected says that an agent's pod is Ready just while it is connected to the API server. Of the old tunnels nothing
// is known that shows it.
func (t TunnelInfo) ReadyIsConnected() bool { return t.Kind == Konnectivity }

// Name is the tunnel as its documentation calls it.
func (t TunnelInfo) Name() string {
	if t.Kind == Konnectivity {
		return "Konnectivity"
	}
	return t.Kind
}

// Tunnel is which tunnel there is.
var Tunnel = &Fact[TunnelInfo]{
	Name:   "tunnel",
	Access: []rbacv1.PolicyRule{fact.Rule("apps", "deployments", "get"), fact.Rule("", "configmaps", "get")},
	Gather: func(ctx context.Context, e *Env) (TunnelInfo, []check.Evidence, error) {
		seen := []check.Evidence{{Source: []string{"kubectl", "get", "deployments", "-n", metav1.NamespaceSystem, Konnectivity, AksLink, Tunnelfront, "--ignore-not-found"}}}
		for _, name := range []string{Konnectivity, AksLink, Tunnelfront} {
			d, err := e.Clients.AppsV1().Deployments(metav1.NamespaceSystem).Get(ctx, name, metav1.GetOptions{})
			if apierrors.IsNotFound(err) {
				continue
			} else if err != nil {
				return TunnelInfo{}, seen, err
			}
			t := tunnelOf(d)
			if name == Konnectivity {
				t.Ladder = autoscalerLadder(ctx, e)
			} else if t.Endpoint.Host == "" {
				t.Endpoint.Host = serverName(e)
			}
			return t, seen, nil
		}
		return TunnelInfo{}, seen, nil
	},
}

func tunnelOf(d *appsv1.Deployment) TunnelInfo {
	t := TunnelInfo{Kind: d.Name, Selector: metav1.FormatLabelSelector(d.Spec.Selector), Replicas: ptr.Deref(d.Spec.Replicas, 1)}
	switch d.Name { // https://learn.microsoft.com/azure/aks/outbound-rules-control-egress
	case AksLink:
		t.Endpoint.UDP, t.Endpoint.Port = true, 1194
	case Tunnelfront:
		t.Endpoint.Port = 9000
	}
	for _, c := range d.Status.Conditions {
		if c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue {
			t.Failure = cluster.Condition(string(c.Type), string(c.Status), c.Reason, c.Message, c.LastTransitionTime)
		}
	}
	for _, v := range d.Spec.Template.Spec.Volumes {
		if v.Secret != nil && t.Secret == "" {
			t.Secret = v.Secret.SecretName
		}
	}
	if len(d.Spec.Template.Spec.Containers) == 0 {
		return t
	}
	c := d.Spec.Template.Spec.Containers[0]
	t.Image = c.Image
	if d.Name == Konnectivity {
		t.parseArgs(append(c.Command, c.Args...))
		return t
	}
	for _, v := range c.Env { // AKS gives the pods of kube-system the API server's name so
		if v.Name == "KUBERNETES_SERVICE_HOST" && isHost(v.Value) {
			t.Endpoint.Host = v.Value
		}
	}
	return t
}

// serverName returns the API server's name as this client knows it, which nodes know too; an address is this client's own way.
func serverName(e *Env) string {
	server, err := url.Parse(e.Clients.Config.Host)
	if err != nil || !isHost(server.Hostname()) || net.ParseIP(server.Hostname()) != nil {
		return ""
	}
	return server.Hostname()
}

// flags reads of the agent's arguments what says to what it connects, and nothing else
// (https://github.com/kubernetes-sigs/apiserver-network-proxy/blob/master/cmd/agent/app/options/options.go). AKS sets port
// 443, ALPN and health port 8082; where a flag is absent the agent's own default holds.
func (t *TunnelInfo) parseArgs(argv []string) {
	t.Endpoint.Port, t.HealthPort = 8091, 8093
	for i, arg := range argv {
		name, value, ok := strings.Cut(arg, "=")
		if !ok && i+1 < len(argv) {
			value = argv[i+1]
		}
		switch strings.TrimLeft(name, "-") {
		case "proxy-server-host":
			if isHost(value) {
				t.Endpoint.Host = value
			}
		case "proxy-server-port":
			if n, err := strconv.ParseUint(value, 10, 16); err == nil {
				t.Endpoint.Port = int(n)
			}
		case "health-server-port":
			if n, err := strconv.ParseUint(value, 10, 16); err == nil {
				t.HealthPort = int(n)
			}
		case "alpn-proto":
			if isWord(value) {
				t.Endpoint.ALPN = value
			}
		}
	}
}

// ladder reads the autoscaler's steps
// (https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/tunnel-connectivity-issues, Cause 6).
func autoscalerLadder(ctx context.Context, e *Env) [][2]int {
	m, err := e.Clients.CoreV1().ConfigMaps(metav1.NamespaceSystem).Get(ctx, Konnectivity+"-autoscaler", metav1.GetOptions{})
	if err != nil {
		return nil
	}
	for _, text := range m.Data {
		var steps struct{ NodesToReplicas [][2]int }
		if json.Unmarshal([]byte(text), &steps) == nil && len(steps.NodesToReplicas) > 0 {
			return steps.NodesToReplicas
		}
	}
	return nil
}

// Wanted returns how many agents the ladder asks for with so many nodes; 0: it does not say.
func (t TunnelInfo) RequiredAgents(nodes int) int {
	wanted := 0
	for _, step := range t.Ladder {
		if step[0] <= nodes {
			wanted = max(wanted, step[1])
		}
	}
	return wanted
}
