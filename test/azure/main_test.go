package azure

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// program is the built Resource Manager, doctor the built tunneldoctor, connector the built connectordoctor, and certificate a file with
// the certificate and key of Resource Manager and of the API server.
var program, doctor, connector, certificate string

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "akstools-azure")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	program, doctor = filepath.Join(dir, "arm"), filepath.Join(dir, "kubectl-tunneldoctor")
	connector = filepath.Join(dir, "kubectl-connectordoctor")
	for _, b := range []struct{ file, in, of string }{
		{program, filepath.Join("..", "lab", "arm"), "."},
		{doctor, filepath.Join("..", ".."), "./cmd/kubectl-tunneldoctor"},
		{connector, filepath.Join("..", ".."), "./cmd/kubectl-connectordoctor"},
	} {
		cmd := exec.Command("go", "build", "-o", b.file, b.of)
		cmd.Dir = b.in
		if out, err := cmd.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("go build: %w\n%s", err, out)
		}
	}
	certificate = filepath.Join(dir, "cert.pem")
	if err := writeCertificate(certificate); err != nil {
		return 0, err
	}
	// Go reads the trusted CAs once, before the first connection
	if err := os.Setenv("SSL_CERT_FILE", certificate); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

func writeCertificate(path string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{fqdn},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
	return os.WriteFile(path, text, 0o600)
}
