package server

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/akstools/akstools/test/lab/arm/internal/entra"
	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// federation answers what Entra ID asks about managed identities, from their resources.
type federation struct {
	store *store.Store
	// issuer is the URL of the cluster's issuer, and keys the file with its public keys, in PEM. It is read for each token, as the keys may be
	// rotated.
	issuer, keys string

	mu    sync.Mutex
	since map[string]time.Time // when federated credentials were created, by their IDs in lower case
}

// Federate lets identities sign in with tokens of the cluster's issuer, whose public keys are in the file. It is called before the first
// request.
func (s *Server) Federate(issuer, keys string) {
	s.federation = &federation{store: s.Store, issuer: issuer, keys: keys, since: map[string]time.Time{}}
	s.Directory.Federation = s.federation
}

// issuerURL is that of a cluster whose OIDC issuer is enabled.
func (s *Server) issuerURL() string {
	if s.federation == nil {
		return "https://oidc.lab.example/" + s.Directory.Tenant + "/"
	}
	return s.federation.issuer
}

// created notes that the federated credential is new.
func (f *federation) created(id string) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.since[strings.ToLower(id)] = time.Now()
}

// Identity implements entra.Federation.
func (f *federation) Identity(client string) (entra.Identity, bool) {
	all, _ := f.store.List("/", identities)
	for _, o := range all {
		p := properties(o)
		if !strings.EqualFold(text(p["clientId"]), client) {
			continue
		}
		i := entra.Identity{Principal: entra.Principal{Name: text(o["name"]), ClientID: text(p["clientId"]), ObjectID: text(p["principalId"])}}
		known, _ := f.store.List(text(o["id"]), credentials)
		for _, c := range known {
			i.Credentials = append(i.Credentials, f.credential(c))
		}
		return i, true
	}
	return entra.Identity{}, false
}

func (f *federation) credential(o store.Object) entra.Credential {
	p := properties(o)
	c := entra.Credential{Issuer: text(p["issuer"]), Subject: text(p["subject"])}
	audiences, _ := p["audiences"].([]any)
	for _, a := range audiences {
		c.Audiences = append(c.Audiences, text(a))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c.Created = f.since[strings.ToLower(text(o["id"]))]
	return c
}

// Keys implements entra.Federation. The key's ID is as Kubernetes derives it
// (https://github.com/kubernetes/kubernetes/blob/v1.37.1/pkg/serviceaccount/jwt.go).
func (f *federation) Keys(_ context.Context, issuer string) (map[string]any, error) {
	if issuer != f.issuer {
		return nil, fmt.Errorf("%s does not answer", issuer)
	}
	rest, err := os.ReadFile(f.keys)
	if err != nil {
		return nil, err
	}
	keys := map[string]any{}
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return keys, nil
		}
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.keys, err)
		}
		id := sha256.Sum256(block.Bytes)
		keys[base64.RawURLEncoding.EncodeToString(id[:])] = key
	}
}
