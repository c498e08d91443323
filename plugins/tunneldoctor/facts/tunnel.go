package facts

import (
	"context"
	"encoding/json"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpproxy"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/redact"
)

// The tunnels that AKS has had, by the names of their Deployments in kube-system
// (https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/tunnel-connectivity-issues).
const (
	Konnectivity = "konnectivity-agent"
	AksLink      = "aks-link"
	Tunnelfront  = "tunnelfront"
)

// autoscalerConfig is the ConfigMap of the agents' autoscaler in kube-system.
const autoscalerConfig = Konnectivity + "-autoscaler"

// TunnelInfo describes the cluster's tunnel, as read from its Deployment.
type TunnelInfo struct {
	// Kind is one of the names above. It is empty if there is no such Deployment: the cluster has no tunnel (API Server VNet
	// Integration with flat Azure CNI), its agents do not run on the user's nodes, or the Deployment was deleted.
	Kind string `json:"kind"`
	// Endpoint is the server that the agents connect to; its Host is empty if unknown.
	Endpoint   nodecheck.Endpoint `json:"endpoint"`
	HealthPort int                `json:"healthPort,omitempty"`
	Image      string             `json:"image,omitempty"`
	Selector   string             `json:"selector,omitempty"` // of the agents' pods
	Secret     string             `json:"secret,omitempty"`   // holds the agents' certificates
	Labels     map[string]string  `json:"labels,omitempty"`   // of the agents' pods
	// Identifiers are those that Konnectivity's agents tell their server, such as "default-route=true"; empty: none are set, which is the
	// same. The server chooses agents by them (https://kubernetes.io/docs/tasks/extend-kubernetes/setup-konnectivity/).
	Identifiers string `json:"identifiers,omitempty"`
	// Proxy is the host and port of the HTTP proxy in the agents' environment that their connections to Endpoint use; empty: they use none.
	Proxy    string `json:"proxy,omitempty"`
	Replicas int32  `json:"replicas"` // of the Deployment's spec
	// Failure is the condition ReplicaFailure, why pods cannot be created; its Status is empty unless it is true.
	Failure podhealth.Condition `json:"failure,omitzero"`
	// Ladder is the autoscaler's mapping from nodes to replicas; empty if there is none or it could not be read.
	Ladder [][2]int `json:"ladder,omitempty"`
}

// ReadyIsConnected reports whether an agent's pod is Ready exactly while it is connected to the API server. For the old tunnels,
// nothing in the cluster shows whether agents are connected.
func (t TunnelInfo) ReadyIsConnected() bool { return t.Kind == Konnectivity }

// Name returns the tunnel's name in its documentation.
func (t TunnelInfo) Name() string {
	if t.Kind == Konnectivity {
		return "Konnectivity"
	}
	return t.Kind
}

// Tunnel describes the cluster's tunnel.
var Tunnel = &Fact[TunnelInfo]{
	Name: "tunnel",
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {
		fact.GetRule("apps", "deployments", Konnectivity, AksLink, Tunnelfront),
		fact.GetRule("", "configmaps", autoscalerConfig),
	}},
	Gather: func(ctx context.Context, e *Env) (TunnelInfo, []check.Evidence, error) {
		argv := cmdline.Kubectl("get", "deployments", "-n", metav1.NamespaceSystem, Konnectivity, AksLink, Tunnelfront, "--ignore-not-found")
		seen := []check.Evidence{{Source: argv}}
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

// tunnelOf returns what the Deployment shows of the tunnel.
func tunnelOf(d *appsv1.Deployment) TunnelInfo {
	t := TunnelInfo{
		Kind: d.Name, Selector: metav1.FormatLabelSelector(d.Spec.Selector), Labels: d.Spec.Template.Labels,
		Replicas: ptr.Deref(d.Spec.Replicas, 1),
	}
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
		t.Proxy = proxyOf(c.Env, t.Endpoint)
		return t
	}
	for _, v := range c.Env { // AKS sets the API server's name in the pods of kube-system
		if v.Name == "KUBERNETES_SERVICE_HOST" && isHost(v.Value) {
			t.Endpoint.Host = v.Value
		}
	}
	return t
}

// proxyOf returns the host and port of the proxy that the environment sets for the endpoint, without its user and password; empty: none.
// gRPC takes it from the same variables as Go's HTTP client (https://github.com/grpc/grpc-go/blob/master/Documentation/proxy.md).
func proxyOf(env []corev1.EnvVar, to nodecheck.Endpoint) string {
	var c httpproxy.Config
	for _, v := range env {
		switch strings.ToUpper(v.Name) {
		case "HTTPS_PROXY":
			c.HTTPSProxy = v.Value
		case "NO_PROXY":
			c.NoProxy = v.Value
		}
	}
	proxy, err := c.ProxyFunc()(&url.URL{Scheme: "https", Host: net.JoinHostPort(to.Host, strconv.Itoa(to.Port))})
	if err != nil || proxy == nil || !isHost(proxy.Hostname()) {
		return ""
	}
	return proxy.Host
}

// HasDefaultRoute reports whether a server that looks for agents with a default route, as AKS's does, finds them by their identifiers.
func (t TunnelInfo) HasDefaultRoute() bool {
	return t.Identifiers == "" || slices.Contains(strings.Split(t.Identifiers, "&"), defaultRoute)
}

const defaultRoute = "default-route=true"

// serverName returns the API server's DNS name in this client's kubeconfig, which nodes can resolve too. It is empty for an IP
// address, which may be reachable only from this client.
func serverName(e *Env) string {
	server, err := url.Parse(e.Clients.Config.Host)
	if err != nil || !isHost(server.Hostname()) || net.ParseIP(server.Hostname()) != nil {
		return ""
	}
	return server.Hostname()
}

// parseArgs extracts the endpoint and the health port from the agent's arguments, and ignores all others
// (https://github.com/kubernetes-sigs/apiserver-network-proxy/blob/master/cmd/agent/app/options/options.go). AKS sets port 443,
// ALPN and health port 8082; absent flags have the agent's defaults.
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
		case "agent-identifiers":
			t.Identifiers = redact.Line(value)
		case "alpn-proto":
			if isWord(value) {
				t.Endpoint.ALPN = value
			}
		}
	}
}

// autoscalerLadder returns the autoscaler's ladder of nodes to replicas, or nil if it cannot be read
// (https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/tunnel-connectivity-issues, Cause 6).
func autoscalerLadder(ctx context.Context, e *Env) [][2]int {
	m, err := e.Clients.CoreV1().ConfigMaps(metav1.NamespaceSystem).Get(ctx, autoscalerConfig, metav1.GetOptions{})
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

// RequiredAgents returns the number of agents that the ladder requires for that many nodes; 0 if there is no ladder.
func (t TunnelInfo) RequiredAgents(nodes int) int {
	wanted := 0
	for _, step := range t.Ladder {
		if step[0] <= nodes {
			wanted = max(wanted, step[1])
		}
	}
	return wanted
}
