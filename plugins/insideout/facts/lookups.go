package facts

import (
	"context"
	_ "embed"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/testpod"
)

//go:embed lookup.sh
var lookupScript string

// Lookups holds names as the test pod looks them up.
type Lookups struct {
	Probes
	From string `json:"from,omitempty"` // the node of the test pod
	endpoints.Names
}

// InCluster looks up the Service's name, or its external name.
var InCluster = &Fact[Lookups]{
	Name:   "lookups-in-cluster",
	Needs:  []check.Need{Service, Answers},
	Access: []rbacv1.PolicyRule{fact.Rule("", "nodes", "get", "list")},
	Create: testpod.Rules(),
	Gather: func(ctx context.Context, e *Env) (Lookups, []check.Evidence, error) {
		all := Lookups{Names: noNames()}
		s, err := Service.From(ctx, e)
		if err != nil {
			return all, nil, err
		}
		if all.disabled(e) {
			return all, nil, nil
		}
		names := []string{s.Name + "." + s.Namespace + ".svc"}
		if s.ExternalName != "" {
			names = []string{strings.TrimSuffix(s.ExternalName, ".")}
		}
		record := "a"
		if s.IPv6 {
			record = "aaaa"
		}
		answers, err := Answers.From(ctx, e)
		if err != nil {
			return all, nil, err
		}
		out, node, err := e.runInTestPod(ctx, answers, testpod.LookupTimeout, lookupScript, append([]string{record}, names...)...)
		if err != nil {
			return all, nil, err
		}
		all.From, all.Names = node, endpoints.ParseNames(out)
		var seen []check.Evidence
		for _, l := range all.Items {
			seen = append(seen, check.Evidence{Source: cmdline.InPod(s.Namespace, cmdline.Program("nslookup", "-type="+record, l.Name+"."))})
		}
		return all, seen, nil
	},
}

// noNames are the names where none was looked up.
func noNames() endpoints.Names { return endpoints.Names{Items: []endpoints.Lookup{}} }

// DNSServer is the cluster's DNS: the Service kube-dns.
type DNSServer struct {
	Exists bool   `json:"exists"`
	IP     string `json:"ip,omitempty"`
	Ready  int    `json:"ready"` // number of ready endpoints
}

// ClusterDNS is read if names do not resolve (https://learn.microsoft.com/azure/aks/coredns-custom).
var ClusterDNS = &Fact[DNSServer]{
	Name:   "cluster-dns",
	Access: []rbacv1.PolicyRule{fact.Rule("", "services", "get"), fact.Rule("discovery.k8s.io", "endpointslices", "list")},
	Gather: func(ctx context.Context, e *Env) (DNSServer, []check.Evidence, error) {
		const name = "kube-dns"
		seen := []check.Evidence{{Source: cmdline.Kubectl(
			"get", "service,endpointslices,pods", "-n", metav1.NamespaceSystem, "-l", "k8s-app="+name,
		)}}
		s, err := e.Clients.CoreV1().Services(metav1.NamespaceSystem).Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return DNSServer{}, seen, nil
		} else if err != nil {
			return DNSServer{}, seen, err
		}
		n, err := cluster.ReadyEndpoints(ctx, e.Clients, check.Ref{Kind: "service", Namespace: metav1.NamespaceSystem, Name: name})
		return DNSServer{Exists: true, IP: s.Spec.ClusterIP, Ready: n}, seen, err
	},
}
