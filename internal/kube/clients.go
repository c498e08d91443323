// Package kube creates Kubernetes clients from kubectl's flags, checks permissions, and opens exec and attach streams.
package kube

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
)

// Clients are the clients for one cluster as one user. They share connections and are safe for concurrent use.
type Clients struct {
	kubernetes.Interface
	Config    *rest.Config
	Namespace string // from -n or the kubeconfig's context; never empty

	metadata  metadata.Interface
	gateway   rest.Interface
	transport http.RoundTripper // of all clients, but not of streams
}

// New creates clients from kubectl's flags. It sends no request; an error is about the flags or the kubeconfig.
func New(flags *genericclioptions.ConfigFlags) (*Clients, error) {
	config, err := flags.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	// the suite sends few requests, but in bursts, which client-go's default of 5 per second would delay
	config.QPS, config.Burst = requestsPerSecond, requestBurst
	config.Wrap(impatience(silenceLimit, wholeLimit))
	config.Wrap(limit(requestsAtOnce)) // the wait for a slot does not count
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return noRedirects{sized{next, sizeLimit}} })
	namespace, _, err := flags.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, err
	}
	if errs := validation.IsDNS1123Label(namespace); len(errs) > 0 { // it may be from another's kubeconfig, and becomes part of file names
		return nil, fmt.Errorf("namespace %.300q cannot exist: %s", namespace, errs[0])
	}
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("kubeconfig: %w", err)
	}
	typed, err := kubernetes.NewForConfigAndClient(withPace(config), httpClient)
	if err != nil {
		return nil, err
	}
	meta, err := metadata.NewForConfigAndClient(metadata.ConfigFor(withPace(config)), httpClient)
	if err != nil {
		return nil, err
	}
	gateway, err := gatewayClient(withPace(config), httpClient)
	if err != nil {
		return nil, err
	}
	return &Clients{
		Interface: typed, Config: config, Namespace: namespace, metadata: meta, gateway: gateway, transport: httpClient.Transport,
	}, nil
}

// Metadata returns a client that reads only the metadata of a resource, such as "v1", "nodes". It panics if version is not valid.
func (c *Clients) Metadata(version, resource string) metadata.Getter {
	gv, err := schema.ParseGroupVersion(version)
	if err != nil {
		panic(err) // a constant of the caller
	}
	getter := c.metadata.Resource(gv.WithResource(resource))
	if version == "v1" && resource == "nodes" {
		return nodeMetadata{getter}
	}
	return getter
}

// ServerKey returns a short name for this cluster that does not depend on the user.
func (c *Clients) ServerKey() string {
	return key(c.Config.Host, string(c.Config.CAData), c.Config.CAFile)
}

func key(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// ClusterKey returns a short name for this cluster and this user, for local files. It is a hash of the server, its certificate authority
// and the kubeconfig's credentials, and reveals none of them.
func (c *Clients) ClusterKey() string {
	parts := []string{
		c.Config.Host, string(c.Config.CAData), c.Config.CAFile, c.Config.Username, string(c.Config.CertData), c.Config.CertFile,
		c.Config.BearerToken, c.Config.BearerTokenFile, c.Config.Impersonate.UserName, strings.Join(c.Config.Impersonate.Groups, ","),
	}
	if e := c.Config.ExecProvider; e != nil {
		parts = append(parts, fmt.Sprintf("%q %q", e.Command, e.Args))
	}
	return key(parts...)
}
