package facts

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/podhealth"
)

func deployment(name string, containers ...corev1.Container) *appsv1.Deployment {
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}},
			Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: containers}},
		},
	}
}

// The Deployment's name decides the kind of tunnel, and so where its server's name and port are found.
func TestTunnelOf(t *testing.T) {
	since := metav1.NewTime(time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC))
	host := func(value string) corev1.EnvVar { return corev1.EnvVar{Name: "KUBERNETES_SERVICE_HOST", Value: value} }
	agent := corev1.Container{Image: "agent:1", Command: []string{"/proxy-agent"}, Args: []string{
		"--proxy-server-host=api.example.com", "--proxy-server-port=443", "--alpn-proto=konnectivity", "--health-server-port=8082",
	}}
	link := corev1.Container{Image: "link:1", Env: []corev1.EnvVar{host("api.example.com"), {Name: "OTHER", Value: "other.example.com"}}}
	full := deployment(Konnectivity, agent, corev1.Container{Image: "sidecar:1", Args: []string{"--proxy-server-host=other"}})
	full.Spec.Replicas = ptr.To[int32](3)
	full.Spec.Template.Spec.Volumes = []corev1.Volume{
		{Name: "config", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{}}},
		{Name: "certs", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "agent-certs"}}},
		{Name: "more", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "other"}}},
	}
	full.Status.Conditions = []appsv1.DeploymentCondition{
		{Type: appsv1.DeploymentAvailable, Status: "False", Reason: "MinimumReplicasUnavailable"},
		{Type: appsv1.DeploymentReplicaFailure, Status: "True", Reason: "FailedCreate", Message: "denied", LastTransitionTime: since},
		{Type: appsv1.DeploymentProgressing, Status: "True", Reason: "ReplicaSetUpdated"},
	}
	failure := podhealth.Condition{Type: "ReplicaFailure", Status: "True", Reason: "FailedCreate", Message: "denied", Since: since.Time}
	scaled := deployment(Konnectivity)
	scaled.Spec.Replicas = ptr.To[int32](0)
	scaled.Status.Conditions = []appsv1.DeploymentCondition{{Type: appsv1.DeploymentReplicaFailure, Status: "False", Reason: "x"}}
	for name, c := range map[string]struct {
		of   *appsv1.Deployment
		want TunnelInfo
	}{
		"konnectivity": {full, TunnelInfo{
			Kind: "konnectivity-agent", HealthPort: 8082, Image: "agent:1", Selector: "app=konnectivity-agent", Secret: "agent-certs",
			Endpoint: nodecheck.Endpoint{Host: "api.example.com", Port: 443, ALPN: "konnectivity"}, Replicas: 3, Failure: failure,
		}},
		"konnectivity without flags, replicas unset": {deployment(Konnectivity, corev1.Container{Env: link.Env}), TunnelInfo{
			Kind: "konnectivity-agent", Selector: "app=konnectivity-agent", Endpoint: nodecheck.Endpoint{Port: 8091}, HealthPort: 8093, Replicas: 1,
		}},
		"scaled to zero, a condition that is false, no container": {scaled, TunnelInfo{
			Kind: "konnectivity-agent", Selector: "app=konnectivity-agent",
		}},
		"aks-link connects by OpenVPN over UDP": {deployment(AksLink, link), TunnelInfo{
			Kind: "aks-link", Selector: "app=aks-link", Image: "link:1", Replicas: 1,
			Endpoint: nodecheck.Endpoint{Host: "api.example.com", Port: 1194, UDP: true},
		}},
		"tunnelfront connects by TCP": {deployment(Tunnelfront, link), TunnelInfo{
			Kind: "tunnelfront", Selector: "app=tunnelfront", Image: "link:1", Replicas: 1,
			Endpoint: nodecheck.Endpoint{Host: "api.example.com", Port: 9000},
		}},
		"tunnelfront's server is unknown": {deployment(Tunnelfront, corev1.Container{Env: []corev1.EnvVar{host("")}}), TunnelInfo{
			Kind: "tunnelfront", Selector: "app=tunnelfront", Replicas: 1, Endpoint: nodecheck.Endpoint{Port: 9000},
		}},
		"aks-link's server is no host": {deployment(AksLink, corev1.Container{Env: []corev1.EnvVar{host("a b; reboot")}}), TunnelInfo{
			Kind: "aks-link", Selector: "app=aks-link", Replicas: 1, Endpoint: nodecheck.Endpoint{Port: 1194, UDP: true},
		}},
	} {
		if diff := cmp.Diff(c.want, tunnelOf(c.of)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// The agent's flags are in its command or its arguments, with one or two dashes. What is no host, port or protocol is ignored.
func TestTunnelOfFlags(t *testing.T) {
	for name, c := range map[string]struct {
		command, args []string
		want          nodecheck.Endpoint
		health        int
	}{
		"none: the agent's defaults": {nil, nil, nodecheck.Endpoint{Port: 8091}, 8093},
		"after the command": {
			[]string{"/agent", "--proxy-server-host=a.example"},
			[]string{"--proxy-server-port=443"},
			nodecheck.Endpoint{Host: "a.example", Port: 443},
			8093,
		},
		"values of their own": {
			nil,
			[]string{"--proxy-server-host", "a.example", "--health-server-port", "8082", "--alpn-proto", "h2"},
			nodecheck.Endpoint{Host: "a.example", Port: 8091, ALPN: "h2"},
			8082,
		},
		"one dash":            {nil, []string{"-proxy-server-host=a.example"}, nodecheck.Endpoint{Host: "a.example", Port: 8091}, 8093},
		"an IPv4 address":     {nil, []string{"--proxy-server-host=192.0.2.1"}, nodecheck.Endpoint{Host: "192.0.2.1", Port: 8091}, 8093},
		"an IPv6 address":     {nil, []string{"--proxy-server-host=2001:db8::1"}, nodecheck.Endpoint{Host: "2001:db8::1", Port: 8091}, 8093},
		"an address's zone":   {nil, []string{"--proxy-server-host=fe80::1%eth0"}, nodecheck.Endpoint{Port: 8091}, 8093},
		"no host":             {nil, []string{"--proxy-server-host=$(reboot)"}, nodecheck.Endpoint{Port: 8091}, 8093},
		"an empty host":       {nil, []string{"--proxy-server-host="}, nodecheck.Endpoint{Port: 8091}, 8093},
		"the last has none":   {nil, []string{"--proxy-server-host"}, nodecheck.Endpoint{Port: 8091}, 8093},
		"the greatest port":   {nil, []string{"--proxy-server-port=65535"}, nodecheck.Endpoint{Port: 65535}, 8093},
		"no port":             {nil, []string{"--proxy-server-port=65536", "--health-server-port=-1"}, nodecheck.Endpoint{Port: 8091}, 8093},
		"no word":             {nil, []string{"--alpn-proto=a;b"}, nodecheck.Endpoint{Port: 8091}, 8093},
		"others":              {nil, []string{"--agent-id=x", "--proxy-server-host-2=b", "--v=5"}, nodecheck.Endpoint{Port: 8091}, 8093},
		"the last one counts": {nil, []string{"--proxy-server-host=a", "--proxy-server-host=b"}, nodecheck.Endpoint{Host: "b", Port: 8091}, 8093},
	} {
		got := tunnelOf(deployment(Konnectivity, corev1.Container{Command: c.command, Args: c.args}))
		if diff := cmp.Diff(c.want, got.Endpoint); diff != "" || got.HealthPort != c.health {
			t.Errorf("%s: health port %d, want %d; endpoint: %s", name, got.HealthPort, c.health, diff)
		}
	}
}

// The ladder's steps are lower limits, in any order.
func TestRequiredAgents(t *testing.T) {
	ladder := [][2]int{{1, 1}, {2, 2}, {100, 3}, {250, 4}}
	for name, c := range map[string]struct {
		ladder      [][2]int
		nodes, want int
	}{
		"no ladder":         {nil, 100, 0},
		"no nodes":          {ladder, 0, 0},
		"the first step":    {ladder, 1, 1},
		"below a step":      {ladder, 99, 2},
		"on a step":         {ladder, 100, 3},
		"beyond the last":   {ladder, 5000, 4},
		"steps in disorder": {[][2]int{{100, 3}, {1, 1}}, 150, 3},
	} {
		if got := (TunnelInfo{Ladder: c.ladder}).RequiredAgents(c.nodes); got != c.want {
			t.Errorf("%s: %d agents for %d nodes, want %d", name, got, c.nodes, c.want)
		}
	}
}

func TestHasDefaultRoute(t *testing.T) {
	for identifiers, want := range map[string]bool{
		"": true, "default-route=true": true, "ipv4=10.0.0.1&default-route=true": true, "ipv4=10.0.0.1": false, "default-route=false": false,
	} {
		if got := (TunnelInfo{Identifiers: identifiers}).HasDefaultRoute(); got != want {
			t.Errorf("%q: %v", identifiers, got)
		}
	}
}
