package nodecheck

import "github.com/akstools/akstools/internal/redact"

// clean removes secrets and control characters from every text of the result: it is shown and saved. Only the packet filters stay as
// the tools print them, because commands name their rules word by word.
func (r *Result) clean() {
	if a := r.Agent; a != nil {
		texts(&a.Refused, &a.Session, &a.Bridge)
		lists(a.Ready, a.Metrics, a.Log)
	}
	if a := r.API; a != nil {
		texts(&a.Resolve, &a.TCPText)
		lists(a.Nameservers, a.Addresses)
		for _, h := range []*Handshake{&a.TLS, &a.ALPN, &a.Long} {
			texts(&h.Subject, &h.Issuer, &h.Verify, &h.Protocol, &h.Error)
		}
	}
	for address, reach := range r.Reach {
		texts(&reach.Error)
		r.Reach[address] = reach
	}
	for name, h := range r.Egress {
		texts(&h.Error, &h.Issuer)
		r.Egress[name] = h
	}
	if k := r.Kubelet; k != nil {
		texts(&k.Unit, &k.Process, &k.Error)
		lists(k.Listens)
	}
	if c := r.Connections; c != nil {
		for address, pod := range c.Pods {
			texts(&pod)
			c.Pods[address] = pod
		}
		for i := range c.Programs {
			texts(&c.Programs[i].Name)
		}
	}
	lists(r.Missing)
}

func texts(all ...*string) {
	for _, s := range all {
		*s = redact.Secrets(redact.Line(*s))
	}
}

func lists(all ...[]string) {
	for _, list := range all {
		for i := range list {
			texts(&list[i])
		}
	}
}
