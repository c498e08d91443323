// Package corpus says which cases a run of the corpora tries, keeps what became of each, and counts it. It needs no lab.
package corpus

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	insideout "github.com/akstools/akstools/plugins/insideout/checks"
	tunneldoctor "github.com/akstools/akstools/plugins/tunneldoctor/checks"
	"github.com/akstools/akstools/test/e2e/faults"
	"github.com/akstools/akstools/test/e2e/reported"
)

// The doctors whose cases are counted. Lab is no doctor: its cases show that the lab's faults are real.
const (
	Insideout       = "insideout"
	Tunneldoctor    = "tunneldoctor"
	Connectordoctor = "connectordoctor"
	Lab             = "lab"
)

// What stands in for the hop: of what is not broken, and of a reported case.
const (
	hopHealthy  = "healthy"
	hopReported = "reported"
)

// A Case is one fault or healthy set-up that a doctor is tried on. Doctor and Name identify it.
type Case struct {
	Doctor string
	Name   string
	Code   string // of the check that must be named first; empty: healthy, or a fault of the lab
	Status string // of the verdict, where there is a Code
	Hop    string // of that check, or "healthy", or "reported"; empty for a fault of the lab
	Tunnel string // that the lab must be brought up with; empty: konnectivity
	Index  int    // in the list of package faults, or reported, that it comes from
	Batch  string // of a reported case
}

// A Trial is a case with the seed by which its names, ports and nodes are drawn; 0 where nothing is drawn.
type Trial struct {
	Case
	Seed uint64
}

// String is the name of the trial's subtest.
func (t Trial) String() string { return fmt.Sprintf("%s/%d", t.Name, t.Seed) }

// InsideoutFaults returns the cases of faults.All.
func InsideoutFaults() []Case {
	hops := hops(insideout.All())
	var cases []Case
	for i, f := range faults.All() {
		cases = append(cases, Case{Doctor: Insideout, Name: f.Name, Code: f.Code, Status: status(f.Status), Hop: hops[f.Code], Index: i})
	}
	return cases
}

// InsideoutPairs returns the cases of faults.Pairs.
func InsideoutPairs() []Case {
	inner := map[string]Case{}
	for _, c := range InsideoutFaults() {
		inner[c.Name] = c
	}
	var cases []Case
	for i, p := range faults.Pairs() {
		c := inner[p.Inner]
		c.Name, c.Index = p.Inner+"+"+p.Outer, i
		cases = append(cases, c)
	}
	return cases
}

// InsideoutHealthy returns the cases of faults.Healthy.
func InsideoutHealthy() []Case { return healthy(Insideout, faults.Healthy()) }

// TunnelFaults returns the cases of faults.Tunnel.
func TunnelFaults() []Case { return tunnel(faults.Tunnel()) }

// TunnelHealthy returns the cases of faults.TunnelHealthy.
func TunnelHealthy() []Case { return healthy(Tunneldoctor, faults.TunnelHealthy()) }

// TunnelOthers returns the cases of faults.OtherTunnels.
func TunnelOthers() []Case { return tunnel(faults.OtherTunnels()) }

// AzureTunnel returns the cases of faults.AzureTunnel.
func AzureTunnel() []Case {
	hops := hops(tunneldoctor.All())
	var cases []Case
	for i, f := range faults.AzureTunnel() {
		c := Case{Doctor: Tunneldoctor, Name: "azure/" + f.Name, Hop: hopHealthy, Index: i}
		if f.Code != "" {
			c.Code, c.Status, c.Hop = f.Code, string(check.Fail), hops[f.Code]
		}
		cases = append(cases, c)
	}
	return cases
}

// AzureBalancer returns the cases of faults.AzureBalancer.
func AzureBalancer() []Case {
	hops := hops(insideout.All())
	var cases []Case
	for i, f := range faults.AzureBalancer() {
		c := Case{Doctor: Insideout, Name: "azure/" + f.Name, Hop: hopHealthy, Index: i}
		if f.Code != "" {
			c.Code, c.Status, c.Hop = f.Code, string(check.Fail), hops[f.Code]
		}
		cases = append(cases, c)
	}
	return cases
}

// Reported returns the cases of reported.Cases for the doctor.
func Reported(doctor string) ([]Case, error) {
	list, err := reported.Cases(doctor)
	var cases []Case
	for i, c := range list {
		hop := hopReported
		if c.Kind == reported.Healthy {
			hop = hopHealthy
		}
		cases = append(cases, Case{Doctor: doctor, Name: "reported-" + c.Name, Hop: hop, Index: i, Batch: c.Batch})
	}
	return cases, err
}

// LabFaults returns the cases of faults.Symptoms.
func LabFaults() []Case {
	var cases []Case
	for i, s := range faults.Symptoms() {
		cases = append(cases, Case{Doctor: Lab, Name: s.Fault, Index: i})
	}
	return cases
}

func healthy(doctor string, list []faults.Setup) []Case {
	var cases []Case
	for i, s := range list {
		cases = append(cases, Case{Doctor: doctor, Name: "healthy-" + s.Name, Hop: hopHealthy, Index: i})
	}
	return cases
}

func tunnel(list []faults.TunnelFault) []Case {
	hops := hops(tunneldoctor.All())
	var cases []Case
	for i, f := range list {
		c := Case{
			Doctor: Tunneldoctor, Name: f.Name, Code: f.Code, Status: status(f.Status), Hop: hops[f.Code], Tunnel: f.Tunnel, Index: i,
		}
		if f.Tunnel != "" {
			c.Name = f.Tunnel + "/" + f.Name
		}
		cases = append(cases, c)
	}
	return cases
}

// status is that of a fault in package faults, where empty stands for fail.
func status(s string) string { return cmp.Or(s, string(check.Fail)) }

// Expected is the verdict that the case must lead to.
func (c Case) Expected() string {
	return cmp.Or(strings.TrimSpace(c.Status+" "+c.Code), c.Batch, c.Hop, "a symptom")
}

// hops returns the hop of each code.
func hops(checks []*check.Check) map[string]string {
	m := map[string]string{}
	for _, c := range checks {
		m[c.Code] = c.Hop
	}
	return m
}
