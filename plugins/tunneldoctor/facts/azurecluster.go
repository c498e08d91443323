package facts

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/rest"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/check"
)

// ManagedCluster is the cluster as Azure has it, for checks, which import no reader.
type ManagedCluster = azure.Cluster

// AzureCluster is the cluster as Azure has it, and how this client reaches Azure.
type AzureCluster struct {
	Off     string        `json:"off,omitempty"` // why Azure was not read; empty: it was
	Cluster azure.Cluster `json:"cluster,omitzero"`
	// Server is the API server's name by which the cluster was found.
	Server string `json:"server,omitempty"`
	// Networks are the IDs of the virtual networks that are linked to the cluster's private DNS zone.
	Networks      []string `json:"networks,omitempty"`
	NetworksError string   `json:"networksError,omitempty"` // why they could not be read
	// Client is this client's public address; it is not valid if it is unknown. SignedIn reports that it is the one from which the
	// user signed in to Azure, rather than that of an interface.
	Client      netip.Addr `json:"client,omitzero"`
	SignedIn    bool       `json:"signedIn,omitempty"`
	ClientError string     `json:"clientError,omitempty"` // why it is unknown
}

// AzureClusterState is read only if the API server does not answer: then no node names the cluster, and its API server's name does.
var AzureClusterState = &Fact[AzureCluster]{
	Name:    "azure-cluster",
	Needs:   []check.Need{APIServer},
	Timeout: 30 * time.Second, // for many subscriptions
	Azure:   azure.ClusterActions(),
	Gather: func(ctx context.Context, e *Env) (AzureCluster, []check.Evidence, error) {
		api, err := APIServer.From(ctx, e)
		if err != nil || api.Error == "" {
			return AzureCluster{Off: "the API server answers"}, nil, err
		}
		if e.Azure != azure.Require && !slices.ContainsFunc(e.Servers, isAKS) {
			return AzureCluster{Off: "the API server has no name that AKS gives"}, nil, nil
		}
		login, off, err := e.session().Login()
		if err != nil || off != "" {
			return AzureCluster{Off: off}, nil, err
		}
		cluster, client, err := azure.ByServer(ctx, login, e.Servers, pluginName)
		if err != nil {
			off, err = e.session().UnlessSignedOut(err)
			return AzureCluster{Off: off}, nil, err
		}
		info := AzureCluster{Cluster: cluster, Server: e.Servers[slices.IndexFunc(e.Servers, func(s string) bool {
			return cluster.Has([]string{s})
		})]}
		if cluster.PrivateZone != "" {
			if info.Networks, err = azure.ZoneNetworks(ctx, client, cluster.PrivateZone); err != nil {
				info.NetworksError = err.Error()
			}
		}
		if len(cluster.AuthorizedRanges) > 0 {
			info.findClient(ctx, e.Clients.Config, client)
		}
		return info, []check.Evidence{{Source: id.AKS(cluster.ID, "show")}}, nil
	},
}

// isAKS reports whether AKS gives such names to API servers, in the public cloud, in China and for the US government
// (https://learn.microsoft.com/azure/aks/outbound-rules-control-egress).
func isAKS(server string) bool {
	server = strings.ToLower(server)
	for _, zone := range []string{".azmk8s.io", ".service.azk8s.cn", ".containerservice.azure.us"} {
		if strings.HasSuffix(server, zone) {
			return true
		}
	}
	return false
}

// findClient finds the public address from which this client connects to the API server.
func (c *AzureCluster) findClient(ctx context.Context, config *rest.Config, client *azure.Client) {
	if byProxy(config) {
		c.ClientError = "this client connects through a proxy, whose public address is unknown"
		return
	}
	if c.Client = ownAddress(ctx, config.Host); c.Client.IsValid() {
		return
	}
	address, err := client.SignInAddress(ctx)
	switch {
	case err != nil:
		c.ClientError = err.Error()
	case !azure.IsPublic(address):
		c.ClientError = "this client's public address is unknown: the access token for Azure does not have it"
	default:
		c.Client, c.SignedIn = address, true
	}
}

// byProxy reports whether requests to the API server go by a proxy, or may.
func byProxy(config *rest.Config) bool {
	proxy := config.Proxy
	if proxy == nil {
		proxy = http.ProxyFromEnvironment
	}
	u, err := url.Parse(config.Host)
	if err != nil {
		return false
	}
	by, err := proxy(&http.Request{URL: u})
	return err != nil || by != nil
}

// ownAddress returns the address of the interface that leads to the server, if it is a public one that nothing translates. It sends
// nothing but the questions for the server's name.
func ownAddress(ctx context.Context, server string) netip.Addr {
	u, err := url.Parse(server)
	if err != nil {
		return netip.Addr{}
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp", net.JoinHostPort(u.Hostname(), "443"))
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	at, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil || !azure.IsPublic(at.Addr().Unmap()) {
		return netip.Addr{}
	}
	return at.Addr().Unmap()
}
