// Package pki creates the CAs, certificates and kubeconfigs of the lab's cluster, new ones for each lab.
package pki

import (
	"crypto"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"time"

	certutil "k8s.io/client-go/util/cert"
	kubeadmapi "k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm"
	kubeconfigutil "k8s.io/kubernetes/cmd/kubeadm/app/util/kubeconfig"
	"k8s.io/kubernetes/cmd/kubeadm/app/util/pkiutil"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// The names of certificates that other packages use, each with its key: the tunnel agents', three that no konnectivity
// server accepts, the appliance's for the API server's name, that of the servers outside the cluster, and an
// appliance's for their names.
const (
	Agent             = "konnectivity-agent"
	ExpiredAgent      = "konnectivity-agent-expired"
	EarlyAgent        = "konnectivity-agent-not-yet-valid"
	OtherAgent        = "konnectivity-agent-of-another-ca"
	Inspected         = "inspected"
	Outbound          = "outbound"
	InspectedOutbound = "inspected-outbound"
)

// PublicCA is the CA of the servers outside the cluster that the nodes trust.
const PublicCA = "public-ca"

const agentName = "system:konnectivity-agent"

type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

type leaf struct {
	name         string
	commonName   string
	organization string
	usages       []x509.ExtKeyUsage
	dns          []string
	ips          []string
	server       string // also write a kubeconfig for this server; empty: none
	expired      bool   // it expired yesterday, after a year
	early        bool   // it is valid from tomorrow on, for a year
}

// Write creates everything below layout.PKI. published is the API server's address for users on the host.
func Write(published string) error {
	dir := layout.PKI("")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	cluster, err := newAuthority(dir, "ca", "lab-kube-ca")
	if err != nil {
		return err
	}
	frontProxy, err := newAuthority(dir, "front-proxy-ca", "lab-front-proxy-ca")
	if err != nil {
		return err
	}
	client := []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if err := frontProxy.write(dir, leaf{name: "front-proxy-client", commonName: "front-proxy-client", usages: client}); err != nil {
		return err
	}
	public, err := newAuthority(dir, PublicCA, "lab-public-ca")
	if err != nil {
		return err
	}
	if err := public.write(dir, outbound(Outbound)); err != nil {
		return err
	}
	if err := writeFaulty(dir, cluster); err != nil {
		return err
	}
	for _, l := range clusterLeaves("https://127.0.0.1:443", "https://"+layout.FQDN+":443", published) {
		if err := cluster.write(dir, l); err != nil {
			return err
		}
	}
	return serviceAccountKey(dir)
}

// writeFaulty creates the certificates that faults use: client certificates that no konnectivity server accepts, and
// the certificates that appliances present for others' names.
func writeFaulty(dir string, cluster authority) error {
	other, err := newAuthority(dir, "other-ca", "lab-other-kube-ca")
	if err != nil {
		return err
	}
	inspection, err := newAuthority(dir, "inspection-ca", "Contoso Inspection CA")
	if err != nil {
		return err
	}
	agent := leaf{commonName: agentName, usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	expired, early, stranger := agent, agent, agent
	expired.name, expired.expired = ExpiredAgent, true
	early.name, early.early = EarlyAgent, true
	stranger.name = OtherAgent
	return errors.Join(
		cluster.write(dir, expired),
		cluster.write(dir, early),
		other.write(dir, stranger),
		inspection.write(dir, leaf{
			name: Inspected, commonName: layout.FQDN, usages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, dns: []string{layout.FQDN},
		}),
		inspection.write(dir, outbound(InspectedOutbound)),
	)
}

// outbound returns a certificate for the names of the servers outside the cluster.
func outbound(name string) leaf {
	names := layout.Outbound()
	return leaf{
		name: name, commonName: names[0], usages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, dns: names,
		ips: []string{"127.0.0.1"}, // Resource Manager is also published on the host's loopback
	}
}

func clusterLeaves(local, fqdn, published string) []leaf {
	server, client := []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	leaves := []leaf{
		{
			name: "apiserver", commonName: "kube-apiserver", usages: server,
			dns: []string{
				"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
				"localhost", layout.FQDN,
			},
			ips: []string{"127.0.0.1", layout.ControlPlaneIP, layout.ServiceIP},
		},
		{name: "apiserver-kubelet-client", commonName: "kube-apiserver-kubelet-client", organization: "system:masters", usages: client},
		{
			name: "konnectivity-server", commonName: "konnectivity-server", usages: server, dns: []string{layout.FQDN},
			ips: []string{layout.ControlPlaneIP},
		},
		{name: Agent, commonName: agentName, usages: client},
		{name: "admin", commonName: "lab-admin", organization: "system:masters", usages: client, server: published},
		{name: "controller-manager", commonName: "system:kube-controller-manager", usages: client, server: local},
		{name: "scheduler", commonName: "system:kube-scheduler", usages: client, server: local},
	}
	for _, n := range layout.Nodes() {
		leaves = append(leaves,
			leaf{name: "kubelet-" + n.Name, commonName: "system:node:" + n.Name, organization: "system:nodes", usages: client, server: fqdn},
			leaf{
				name: "kubelet-server-" + n.Name, commonName: "system:node:" + n.Name, organization: "system:nodes",
				usages: server, dns: []string{n.Name}, ips: []string{n.IP, "127.0.0.1"},
			},
		)
	}
	return leaves
}

// WriteServer writes server.crt and server.key into the directory: a certificate of the CA of servers outside the cluster, for the names.
func WriteServer(dir string, names ...string) error {
	cert, key, err := pkiutil.TryLoadCertAndKeyFromDisk(layout.PKI(""), PublicCA)
	if err != nil {
		return err
	}
	return authority{cert, key}.write(dir, leaf{
		name: "server", commonName: names[0], usages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, dns: names,
	})
}

func newAuthority(dir, name, commonName string) (authority, error) {
	cert, key, err := pkiutil.NewCertificateAuthority(&pkiutil.CertConfig{
		Config:              certutil.Config{CommonName: commonName},
		EncryptionAlgorithm: kubeadmapi.EncryptionAlgorithmECDSAP256,
	})
	if err != nil {
		return authority{}, err
	}
	return authority{cert, key}, pkiutil.WriteCertAndKey(dir, name, cert, key)
}

func (a authority) write(dir string, l leaf) error {
	config := &pkiutil.CertConfig{
		Config: certutil.Config{
			CommonName: l.commonName,
			Usages:     l.usages,
			AltNames:   certutil.AltNames{DNSNames: l.dns},
		},
		EncryptionAlgorithm: kubeadmapi.EncryptionAlgorithmECDSAP256,
	}
	if l.organization != "" {
		config.Organization = []string{l.organization}
	}
	if l.expired {
		config.NotAfter = time.Now().AddDate(0, 0, -1)
		config.NotBefore = config.NotAfter.AddDate(-1, 0, 0)
	}
	if l.early {
		config.NotBefore = time.Now().AddDate(0, 0, 1)
		config.NotAfter = config.NotBefore.AddDate(1, 0, 0)
	}
	for _, ip := range l.ips {
		config.AltNames.IPs = append(config.AltNames.IPs, net.ParseIP(ip))
	}
	cert, key, err := pkiutil.NewCertAndKey(a.cert, a.key, config)
	if err != nil {
		return err
	}
	if err := pkiutil.WriteCertAndKey(dir, l.name, cert, key); err != nil || l.server == "" {
		return err
	}
	keyPEM, err := os.ReadFile(filepath.Join(dir, l.name+".key"))
	if err != nil {
		return err
	}
	kubeconfig := kubeconfigutil.CreateWithCerts(l.server, "lab", l.name, pkiutil.EncodeCertPEM(a.cert), keyPEM, pkiutil.EncodeCertPEM(cert))
	for _, c := range kubeconfig.Clusters {
		c.TLSServerName = layout.FQDN // which cluster it is; the address does not tell
	}
	return kubeconfigutil.WriteToDisk(filepath.Join(dir, l.name+".kubeconfig"), kubeconfig)
}

func serviceAccountKey(dir string) error {
	key, err := pkiutil.GeneratePrivateKey(kubeadmapi.EncryptionAlgorithmECDSAP256)
	if err != nil {
		return err
	}
	if err := pkiutil.WriteKey(dir, "sa", key); err != nil {
		return err
	}
	return pkiutil.WritePublicKey(dir, "sa", key.Public())
}
