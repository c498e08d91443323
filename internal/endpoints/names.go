package endpoints

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/redact"
)

// Names holds names as a test pod looks them up.
type Names struct {
	Servers []string `json:"servers,omitempty"` // the name servers of pods on its node
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

// Found returns the addresses of the first name that has any.
func (l Names) Found() []string {
	for _, item := range l.Items {
		if len(item.Addresses) > 0 {
			return item.Addresses
		}
	}
	return nil
}

// Of returns the lookup of the name itself, or, if only names of the search list were tried, the last one; zero if there is none.
func (l Names) Of(name string) Lookup {
	for _, item := range l.Items {
		if item.Name == strings.TrimSuffix(name, ".") {
			return item
		}
	}
	if len(l.Items) == 0 {
		return Lookup{}
	}
	return l.Items[len(l.Items)-1]
}

// Explain says why a lookup failed, and what to do next. unknown is what it may mean that the servers do not know the name.
func (l Names) Explain(failure, unknown string) (cause string, next check.Fix) {
	servers := strings.Join(l.Servers, ", ")
	next = check.Fix{Title: "show where CoreDNS forwards queries", Commands: []cmdline.Command{cmdline.Kubectl("get", "configmaps",
		"coredns", "coredns-custom", "-n", "kube-system", "-o", "yaml", "--ignore-not-found")}}
	switch failure {
	case NoServer:
		return fmt.Sprintf("the pods' name servers (%s) do not answer", servers), check.Fix{
			Title: "diagnose the cluster's DNS", Commands: []cmdline.Command{cmdline.Kubectl("insideout", "svc/kube-dns", "-n", "kube-system")},
		}
	case "SERVFAIL", "REFUSED":
		return fmt.Sprintf("the pods' name servers (%s) cannot resolve it: those to which they forward, such as the virtual network's, "+
			"do not answer or refuse", servers), next
	}
	return fmt.Sprintf("the pods' name servers (%s) do not know the name: %s", servers, unknown), next
}

// ParseNames reads the output of a test pod's script, whose lines begin with "server", "name" or "text"; the last is a line of nslookup's
// output. It comes from a pod and is not trusted. Items is never nil.
func ParseNames(output string) Names {
	l := Names{Items: []Lookup{}}
	var now *Lookup
	answer := false // before it comes the address of the server itself
	for line := range strings.Lines(output) {
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
	return l
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
