// Package controlplane runs etcd, the API server, the controller manager, the scheduler, the konnectivity server and
// the TCP front of the lab's cluster as plain processes in the control plane's network namespace.
package controlplane

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/process"
)

// Mode is how the API server speaks to the konnectivity server.
type Mode string

// The modes of apiserver-network-proxy.
const (
	HTTPConnect Mode = "http-connect"
	GRPC        Mode = "grpc"
)

// protocol is the mode's name in an EgressSelectorConfiguration.
func (m Mode) protocol() (string, error) {
	switch m {
	case HTTPConnect:
		return "HTTPConnect", nil
	case GRPC:
		return "GRPC", nil
	}
	return "", fmt.Errorf("unknown konnectivity mode %q: one of %s, %s", m, HTTPConnect, GRPC)
}

// ControlPlane starts the processes. Bin is the folder of the lab's binaries.
type ControlPlane struct {
	Bin  string
	Mode Mode
}

const tunnelSocket = "konnectivity.sock"

// The control plane's processes that faults stop or end, by name.
const (
	TunnelServer      = "proxy-server"
	ControllerManager = "kube-controller-manager"
)

// Start launches etcd, the konnectivity server, the API server and the front on the listeners; it does not wait for them.
// The listeners are the front's beside its own on layout.ControlPlaneIP; the caller closes its copies.
func (c ControlPlane) Start(listeners []*os.File) error {
	if err := c.writeEgressConfig(); err != nil {
		return err
	}
	if err := c.run("etcd", nil,
		"--name=lab", "--data-dir="+layout.In("etcd"), "--unsafe-no-fsync", "--log-level=warn",
		"--listen-client-urls=http://127.0.0.1:2379", "--advertise-client-urls=http://127.0.0.1:2379",
		"--listen-peer-urls=http://127.0.0.1:2380", "--initial-advertise-peer-urls=http://127.0.0.1:2380", "--initial-cluster=lab=http://127.0.0.1:2380",
	); err != nil {
		return err
	}
	if err := c.run(TunnelServer, nil, c.proxyServerArgs()...); err != nil {
		return err
	}
	if err := c.run("kube-apiserver", nil, apiServerArgs()...); err != nil {
		return err
	}
	return c.run("front", listeners)
}

// StartControllers launches what needs an API server that has its RBAC rules: before that, the controller manager is
// refused its ConfigMap and ends for good.
func (c ControlPlane) StartControllers() error {
	kubeconfigs := func(name string) []string {
		k := layout.PKI(name + ".kubeconfig")
		return []string{"--kubeconfig=" + k, "--authentication-kubeconfig=" + k, "--authorization-kubeconfig=" + k, "--leader-elect=false", "--bind-address=127.0.0.1"}
	}
	if err := c.run(ControllerManager, nil, append(kubeconfigs("controller-manager"),
		"--root-ca-file="+layout.PKI("ca.crt"), "--service-account-private-key-file="+layout.PKI("sa.key"),
		"--use-service-account-credentials", "--cluster-signing-cert-file="+layout.PKI("ca.crt"), "--cluster-signing-key-file="+layout.PKI("ca.key"),
		"--allocate-node-cidrs=false", "--cluster-cidr="+layout.ClusterCIDR, "--service-cluster-ip-range="+layout.ServiceCIDR,
		"--node-monitor-grace-period=20s", // a stopped kubelet shows in the tests' time
	)...); err != nil {
		return err
	}
	return c.run("kube-scheduler", nil, kubeconfigs("scheduler")...)
}

func (c ControlPlane) proxyServerArgs() []string {
	return []string{
		"--mode=" + string(c.Mode), "--uds-name=" + layout.In("run", tunnelSocket), "--delete-existing-uds-file", "--server-port=0",
		"--agent-port=8132", "--agent-bind-address=127.0.0.1", "--admin-port=8133", "--admin-bind-address=127.0.0.1",
		"--health-port=8134", "--health-bind-address=127.0.0.1",
		"--server-count=1", "--server-id=lab", "--proxy-strategies=defaultRoute", "--keepalive-time=30s", "--enable-contention-profiling=false",
		"--cluster-cert=" + layout.PKI("konnectivity-server.crt"), "--cluster-key=" + layout.PKI("konnectivity-server.key"),
		"--cluster-ca-cert=" + layout.PKI("ca.crt"), "--v=2",
	}
}

func apiServerArgs() []string {
	return []string{
		"--etcd-servers=http://127.0.0.1:2379", "--bind-address=127.0.0.1", "--secure-port=443", "--advertise-address=" + layout.ControlPlaneIP,
		"--service-cluster-ip-range=" + layout.ServiceCIDR, "--allow-privileged", "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
		"--egress-selector-config-file=" + layout.In("run", "egress-selector.yaml"),
		"--client-ca-file=" + layout.PKI("ca.crt"), "--tls-cert-file=" + layout.PKI("apiserver.crt"), "--tls-private-key-file=" + layout.PKI("apiserver.key"),
		"--kubelet-client-certificate=" + layout.PKI("apiserver-kubelet-client.crt"), "--kubelet-client-key=" + layout.PKI("apiserver-kubelet-client.key"),
		"--kubelet-certificate-authority=" + layout.PKI("ca.crt"), "--kubelet-preferred-address-types=InternalIP,Hostname",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + layout.PKI("sa.pub"), "--service-account-signing-key-file=" + layout.PKI("sa.key"),
		"--requestheader-client-ca-file=" + layout.PKI("front-proxy-ca.crt"), "--requestheader-allowed-names=front-proxy-client",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-", "--requestheader-group-headers=X-Remote-Group", "--requestheader-username-headers=X-Remote-User",
		"--proxy-client-cert-file=" + layout.PKI("front-proxy-client.crt"), "--proxy-client-key-file=" + layout.PKI("front-proxy-client.key"),
		"--enable-aggregator-routing",
	}
}

func (c ControlPlane) writeEgressConfig() error {
	protocol, err := c.Mode.protocol()
	if err != nil {
		return err
	}
	text := fmt.Sprintf(`apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
- name: cluster
  connection:
    proxyProtocol: %s
    transport:
      uds:
        udsName: %s
`, protocol, layout.In("run", tunnelSocket))
	return os.WriteFile(layout.In("run", "egress-selector.yaml"), []byte(text), 0o644)
}

// run starts one process with a log of its own; "front" is the lab binary itself.
func (c ControlPlane) run(name string, files []*os.File, args ...string) error {
	program := []string{filepath.Join(c.Bin, name)}
	if name == "front" {
		program = []string{layout.Self(), FrontCommand, strconv.Itoa(len(files))}
	}
	return process.Spawn(layout.ControlPlane, name, files, append(program, args...)...)
}
