// Package apiclient creates the clients with which the lab's own controllers reach the API server: as its
// administrator, from any of the lab's machines.
package apiclient

import (
	"fmt"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// New returns a client for one of the lab's machines. userAgent is the name in the API server's log.
func New(userAgent string) (kubernetes.Interface, error) {
	return at("https://"+layout.ControlPlaneIP, userAgent)
}

// NewPublished returns a client for the host.
func NewPublished(userAgent string) (kubernetes.Interface, error) { return at("", userAgent) }

// at returns a client for the server; empty: the one in the kubeconfig.
func at(server, userAgent string) (kubernetes.Interface, error) {
	config, err := clientcmd.BuildConfigFromFlags(server, layout.PKI("admin.kubeconfig"))
	if err != nil {
		return nil, fmt.Errorf("reading the administrator's kubeconfig: %w", err)
	}
	config.UserAgent, config.QPS, config.Burst = userAgent, 100, 200
	return kubernetes.NewForConfig(config)
}
