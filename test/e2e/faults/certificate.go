package faults

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"time"

	corev1 "k8s.io/api/core/v1"
)

const day = 24 * time.Hour

// Certificate returns a new self-signed certificate for the host that expires after the duration, and its key, both in PEM.
func Certificate(host string, in time.Duration) (cert, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	until := time.Now().Add(in)
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: until.AddDate(-1, 0, 0), NotAfter: until,
	}
	if cert, err = x509.CreateCertificate(rand.Reader, t, t, private.Public(), private); err != nil {
		return nil, nil, err
	}
	if key, err = x509.MarshalPKCS8PrivateKey(private); err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), nil
}

// certificate returns the Secret cert with such a certificate.
func (c *Case) certificate(host string, in time.Duration) *corev1.Secret {
	cert, key, err := Certificate(host, in)
	if err != nil {
		panic(err) // the machine has no randomness
	}
	return &corev1.Secret{ObjectMeta: c.meta("cert"), Type: corev1.SecretTypeTLS, Data: map[string][]byte{
		corev1.TLSCertKey: cert, corev1.TLSPrivateKeyKey: key,
	}}
}
