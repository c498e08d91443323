// Package controlplane runs etcd, the API server, the controller manager, the scheduler, the konnectivity server and
// the TCP front of the cluster, as plain processes in the control plane's network namespace.
package controlplane

import (
	"os"
	"path/filepath"
	"strconv"

	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/process"
)

// ControlPlane starts the processes. Bin is the directory of the lab's binaries.
type ControlPlane struct {
	Bin    string
	Tunnel Tunnel
}

// The names of the control plane's processes that faults stop or kill.
const (
	TunnelServer      = "proxy-server"
	ControllerManager = "kube-controller-manager"
)

// Start starts etcd, the tunnel's server, the API server and the front; it does not wait for them. The front serves the
// listeners, of which the caller closes its copies, and its own on layout.ControlPlaneIP.
func (c ControlPlane) Start(listeners []*os.File) error {
	if err := c.run("etcd", nil,
		"--name=lab", "--data-dir="+layout.In("etcd"), "--unsafe-no-fsync", "--log-level=warn",
		"--listen-client-urls=http://127.0.0.1:2379", "--advertise-client-urls=http://127.0.0.1:2379",
		"--listen-peer-urls=http://127.0.0.1:2380", "--initial-advertise-peer-urls=http://127.0.0.1:2380",
		"--initial-cluster=lab=http://127.0.0.1:2380",
	); err != nil {
		return err
	}
	if err := c.startTunnel(); err != nil {
		return err
	}
	if err := c.run("kube-apiserver", nil, c.apiServerArgs()...); err != nil {
		return err
	}
	return c.run("front", listeners)
}

// StartControllers starts the processes that need an API server with its RBAC rules: without them, the controller
// manager is denied its ConfigMap and exits for good.
func (c ControlPlane) StartControllers() error {
	kubeconfigs := func(name string) []string {
		k := layout.PKI(name + ".kubeconfig")
		return []string{
			"--kubeconfig=" + k, "--authentication-kubeconfig=" + k, "--authorization-kubeconfig=" + k,
			"--leader-elect=false", "--bind-address=127.0.0.1",
		}
	}
	if err := c.run(ControllerManager, nil, append(kubeconfigs("controller-manager"),
		"--root-ca-file="+layout.PKI("ca.crt"), "--service-account-private-key-file="+layout.PKI("sa.key"),
		"--use-service-account-credentials", "--cluster-signing-cert-file="+layout.PKI("ca.crt"),
		"--cluster-signing-key-file="+layout.PKI("ca.key"),
		"--allocate-node-cidrs=false", "--cluster-cidr="+layout.ClusterCIDR, "--service-cluster-ip-range="+layout.ServiceCIDR,
		"--node-monitor-grace-period=20s", // so that a stopped kubelet is visible within the tests' timeouts
	)...); err != nil {
		return err
	}
	return c.run("kube-scheduler", nil, kubeconfigs("scheduler")...)
}

func (c ControlPlane) apiServerArgs() []string {
	args := []string{
		"--etcd-servers=http://127.0.0.1:2379", "--bind-address=127.0.0.1", "--secure-port=443", "--advertise-address=" + layout.ControlPlaneIP,
		"--service-cluster-ip-range=" + layout.ServiceCIDR, "--allow-privileged", "--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--client-ca-file=" + layout.PKI("ca.crt"), "--tls-cert-file=" + layout.PKI("apiserver.crt"),
		"--tls-private-key-file=" + layout.PKI("apiserver.key"),
		"--kubelet-client-certificate=" + layout.PKI("apiserver-kubelet-client.crt"),
		"--kubelet-client-key=" + layout.PKI("apiserver-kubelet-client.key"),
		"--kubelet-certificate-authority=" + layout.PKI("ca.crt"), "--kubelet-preferred-address-types=InternalIP,Hostname",
		"--service-account-issuer=" + layout.Issuer, // with the next one, of former tokens
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-jwks-uri=https://kubernetes.default.svc.cluster.local/openid/v1/jwks",
		"--service-account-key-file=" + layout.PKI("sa.pub"), "--service-account-signing-key-file=" + layout.PKI("sa.key"),
		"--requestheader-client-ca-file=" + layout.PKI("front-proxy-ca.crt"), "--requestheader-allowed-names=front-proxy-client",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-", "--requestheader-group-headers=X-Remote-Group",
		"--requestheader-username-headers=X-Remote-User",
		"--proxy-client-cert-file=" + layout.PKI("front-proxy-client.crt"), "--proxy-client-key-file=" + layout.PKI("front-proxy-client.key"),
		"--enable-aggregator-routing",
	}
	if _, _, ok := c.Tunnel.selector(); ok {
		args = append(args, "--egress-selector-config-file="+layout.In("run", egressSelector))
	}
	return args
}

// run starts one process with its own log; "front" is the lab binary itself.
func (c ControlPlane) run(name string, files []*os.File, args ...string) error {
	program := []string{filepath.Join(c.Bin, name)}
	if name == "front" {
		program = []string{layout.Self(), FrontCommand, strconv.Itoa(len(files))}
	}
	return process.Spawn(layout.ControlPlane, name, files, append(program, args...)...)
}
