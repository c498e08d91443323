package facts

import (
	"context"
	_ "embed"
	"net/netip"
	"strings"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/redact"
	"github.com/akstools/akstools/internal/testpod"
)

//go:embed lookup.sh
var lookupScript string

// Lookups holds names as the test pod looks them up.
type Lookups struct {
	Probes
	From    string   `json:"from,omitempty"`
	Servers []string `json:"servers,omitempty"` // the name servers of pods on that node
	Items   []Lookup `json:"items"`
}

// Lookup is the answer to the lookup of one name.
type Lookup struct {
	Name      string   `json:"name"`
	Addresses []string `json:"addresses,omitempty"`
	Failure   string   `json:"failure,omitempty"` // such as NXDOMAIN, or NoServer; empty if there are addresses
}

// NoServer is the failure of a lookup that no name server answered.
const NoServer = "no answer"

// lookupTimeout bounds a lookup: nslookup gives up after about 10 s.
const lookupTimeout = 20 * time.Second

// InCluster looks up the Service's name, or its external name.
var InCluster = &Fact[Lookups]{
	Name:   "lookups-in-cluster",
	Needs:  []check.Need{Service, Answers},
	Access: []rbacv1.PolicyRule{fact.Rule("", "nodes", "get", "list")},
	Create: testpod.Rules(),
	Gather: func(ctx context.Context, e *Env) (Lookups, []check.Evidence, error) {
		all := Lookups{Items: []Lookup{}}
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
		out, node, err := e.runInTestPod(ctx, answers, lookupTimeout, lookupScript, append([]string{record}, names...)...)
		if err != nil {
			return all, nil, err
		}
		all.From = node
		all.parse(out)
		var seen []check.Evidence
		for _, l := range all.Items {
			seen = append(seen, check.Evidence{Source: TryFrom(s.Namespace, cmdline.Program("nslookup", "-type="+record, l.Name+"."))})
		}
		return all, seen, nil
	},
}

// parse reads the output of the script. It comes from a pod and is not trusted.
func (l *Lookups) parse(text string) {
	var now *Lookup
	answer := false // before it comes the address of the server itself
	for line := range strings.Lines(text) {
		word, rest, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		rest = strings.TrimSpace(redact.Message(rest))
		switch {
		case word == "server" && len(l.Servers) < 10:
			l.Servers = append(l.Servers, rest)
		case word == "name" && len(l.Items) < 10:
			l.Items = append(l.Items, Lookup{Name: rest})
			now, answer = &l.Items[len(l.Items)-1], false
		case word == "text" && now != nil:
			answer = answer || strings.HasPrefix(rest, "Name:") || strings.Contains(rest, "canonical name")
			now.parseLine(rest, answer)
		}
	}
	for i := range l.Items {
		if len(l.Items[i].Addresses) > 0 {
			l.Items[i].Failure = ""
		} else if l.Items[i].Failure == "" {
			l.Items[i].Failure = NoServer
		}
	}
}

// parseLine reads one line of nslookup's output; answer reports whether it belongs to the answer.
func (l *Lookup) parseLine(text string, answer bool) {
	if said, ok := strings.CutPrefix(text, "Address"); ok && answer && len(l.Addresses) < 20 {
		for word := range strings.FieldsSeq(said) {
			if ip, err := netip.ParseAddr(strings.Trim(word, ":")); err == nil {
				l.Addresses = append(l.Addresses, ip.String())
				break
			}
		}
	}
	for _, code := range []string{"NXDOMAIN", "SERVFAIL", "REFUSED", "No answer"} {
		if strings.Contains(text, code) {
			l.Failure = code
		}
	}
}

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

// TryFrom returns the command that runs the other one in a short-lived pod of the namespace.
func TryFrom(namespace string, command cmdline.Command) cmdline.Command {
	return cmdline.Kubectl(
		"run", "try", "-n", namespace, "--rm", "-i", "--restart=Never", "--image="+cmdline.ToolImage, "--",
	).Running(command)
}
