package cluster

import (
	"bytes"
	"context"
	"embed"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/akstools/akstools/test/lab/internal/build"
	"github.com/akstools/akstools/test/lab/internal/controlplane"
	"github.com/akstools/akstools/test/lab/internal/image"
	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/loadbalancer"
	"github.com/akstools/akstools/test/lab/internal/node"
	"github.com/akstools/akstools/test/lab/internal/pki"
)

//go:embed manifests
var manifests embed.FS

type nodeData struct {
	layout.Node
	ProviderID string
}

type manifestData struct {
	Nodes                                                  []nodeData
	KubeProxyImage, CoreDNSImage, AgentImage, MetricsImage string
	TraefikImage                                           string
	FQDN, ClusterCIDR, DNSServiceIP                        string
	CA, AgentCert, AgentKey                                string
	TunnelfrontImage, AksLinkImage, TunnelIP, TunnelPodIP  string
	TunnelfrontPort, AksLinkPort                           int
	SSHKey, SSHHostKey                                     string
}

func newManifestData(tunnel controlplane.Tunnel) (manifestData, error) {
	d := manifestData{
		KubeProxyImage: image.KubeProxy, CoreDNSImage: image.CoreDNS, AgentImage: image.Agent, MetricsImage: image.Metrics,
		TraefikImage:     image.Traefik,
		TunnelfrontImage: image.Tunnelfront, AksLinkImage: image.AksLink,
		TunnelIP: layout.TunnelIP, TunnelPodIP: layout.TunnelPodIP, TunnelfrontPort: layout.TunnelfrontPort, AksLinkPort: layout.AksLinkPort,
		FQDN: layout.FQDN, ClusterCIDR: layout.ClusterCIDR, DNSServiceIP: layout.DNSServiceIP,
	}
	for _, n := range layout.Nodes() {
		d.Nodes = append(d.Nodes, nodeData{n, node.ProviderID(n)})
	}
	secrets := map[string]*string{"ca.crt": &d.CA, pki.Agent + ".crt": &d.AgentCert, pki.Agent + ".key": &d.AgentKey}
	if tunnel == controlplane.Tunnelfront {
		secrets[controlplane.SSHUserKey], secrets[controlplane.SSHHostKey+".pub"] = &d.SSHKey, &d.SSHHostKey
	}
	for file, field := range secrets {
		b, err := os.ReadFile(layout.PKI(file))
		if err != nil {
			return d, err
		}
		*field = base64.StdEncoding.EncodeToString(b)
	}
	return d, nil
}

// apply creates the Node objects, so that each has its labels and pod range from the start, and the pods of
// kube-system.
func (l Lab) apply(ctx context.Context) error {
	t, err := template.ParseFS(manifests, "manifests/*.yaml")
	if err != nil {
		return err
	}
	data, err := newManifestData(l.Tunnel)
	if err != nil {
		return err
	}
	if err := l.applyFiles(ctx, data, t, "nodes.yaml", "kube-proxy.yaml"); err != nil {
		return err
	}
	// otherwise all agents may be scheduled on the first ready node, which tunneldoctor warns about
	cmd := l.kubectl(ctx, "wait", "--for=condition=Ready", "node", "--all", "--timeout=90s")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("waiting for the nodes: %w\n%s", err, out)
	}
	files := []string{"coredns.yaml", "metrics-server.yaml"}
	if l.Apps {
		if err := l.applyGatewayAPI(ctx); err != nil {
			return err
		}
		files = append(files, "traefik.yaml")
	}
	if agents := l.Tunnel.Deployment(); agents != "" {
		files = append(files, agents+".yaml")
	}
	return l.applyFiles(ctx, data, t, files...)
}

// applyGatewayAPI installs the CRDs of the Gateway API.
func (l Lab) applyGatewayAPI(ctx context.Context) error {
	for _, args := range [][]string{
		{"apply", "--server-side", "--force-conflicts", "-f", l.dot(filepath.Join("bin", build.GatewayCRDs))},
		{"wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"},
	} {
		if out, err := l.kubectl(ctx, args...).CombinedOutput(); err != nil {
			return fmt.Errorf("applying the Gateway API: %w\n%s", err, out)
		}
	}
	return nil
}

func (l Lab) applyFiles(ctx context.Context, data manifestData, t *template.Template, files ...string) error {
	for _, name := range files {
		var text bytes.Buffer
		if err := t.ExecuteTemplate(&text, name, data); err != nil {
			return err
		}
		cmd := l.kubectl(ctx, "apply", "--server-side", "--force-conflicts", "-f", "-")
		cmd.Stdin = &text
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("applying %s: %w\n%s", name, err, out)
		}
	}
	return nil
}

func (l Lab) kubectl(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, l.Kubectl(), append([]string{"--kubeconfig", l.Kubeconfig()}, args...)...)
}

func (l Lab) waitAPI(ctx context.Context) error {
	for {
		out, err := l.kubectl(ctx, "get", "--raw", "/readyz").CombinedOutput()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf(
				"the API server is not ready (%s); its log is %s", strings.TrimSpace(string(out)),
				layout.In("logs", "kube-apiserver.log"),
			)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// ready returns an error if any part of the lab does not work now.
func (l Lab) ready(ctx context.Context) error {
	if out, err := l.kubectl(ctx, "get", "--raw", "/readyz").CombinedOutput(); err != nil {
		return fmt.Errorf("the API server is not ready: %s", strings.TrimSpace(string(out)))
	}
	return l.wait(ctx, "1s")
}

// waitReady waits for everything that ready checks, and for the metrics API, which comes last. ready does not check
// that, because it depends on the tunnel.
func (l Lab) waitReady(ctx context.Context) error {
	last := [][]string{{"wait", "--for=condition=Available", "apiservice/v1beta1.metrics.k8s.io"}}
	if l.Apps {
		last = append(last, []string{"-n", "traefik", "rollout", "status", "deployment/traefik"})
	}
	return l.wait(ctx, "120s", last...)
}

// wait returns when nodes and workloads are Ready, the namespace default accepts pods, and the conditions in more hold.
func (l Lab) wait(ctx context.Context, timeout string, more ...[]string) error {
	if agents := l.Tunnel.Deployment(); agents != "" {
		more = append(more, []string{"-n", "kube-system", "rollout", "status", "deployment/" + agents})
	}
	var g errgroup.Group
	for _, args := range append([][]string{
		{"wait", "--for=condition=Ready", "node", "--all"},
		{"-n", "kube-system", "rollout", "status", "daemonset/kube-proxy"},
		{"-n", "kube-system", "rollout", "status", "deployment/coredns"},
		{"wait", "--for=create", "serviceaccount/default"},
	}, more...) {
		g.Go(func() error {
			if out, err := l.kubectl(ctx, append(args, "--timeout="+timeout)...).CombinedOutput(); err != nil {
				return fmt.Errorf("kubectl %s: %s", strings.Join(args, " "), strings.TrimSpace(string(out)))
			}
			return nil
		})
	}
	return g.Wait()
}

// Status prints nodes and pods and returns an error if something is not ready.
func (l Lab) Status(ctx context.Context) error {
	s, err := readState()
	if err != nil {
		return fmt.Errorf("the lab is not running: start it with: make lab-up")
	}
	fmt.Fprintf(l.Progress, "tunnel: %s\nkubeconfig: %s\n", s.Tunnel, l.Kubeconfig())
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	cmd := l.kubectl(ctx, "get", "nodes,pods", "-A", "-o", "wide")
	cmd.Stdout, cmd.Stderr = l.Progress, l.Progress
	if err := cmd.Run(); err != nil {
		return err
	}
	if b, err := os.ReadFile(loadbalancer.StateFile()); s.Apps && err == nil {
		fmt.Fprintf(l.Progress, "\n%s", b)
	}
	return l.ready(ctx)
}
