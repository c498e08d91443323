package loadbalancer

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

func writeState(frontends []Frontend, p *prober) error {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "LOAD BALANCER\tADDRESS\tPORT\tPROBE\tHEALTHY NODES")
	for _, f := range frontends {
		for _, r := range f.Rules {
			probe, up := "none", ""
			if r.Probe != nil {
				probe = fmt.Sprintf("%s:%d%s", r.Probe.Scheme, r.Probe.Port, r.Probe.Path)
			}
			for _, m := range p.marks(f, r) {
				up += " " + layout.Nodes()[m-1].IP
			}
			fmt.Fprintf(w, "%s\t%s\t%s/%d\t%s\t%s\n", f.Service, f.Addr, r.Protocol, r.Port, probe, strings.TrimSpace(up))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	// rename atomically, so that readers never see an incomplete file
	if err := os.WriteFile(StateFile()+".new", []byte(b.String()), 0o644); err != nil {
		return err
	}
	return os.Rename(StateFile()+".new", StateFile())
}
