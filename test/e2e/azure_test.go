package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/test/e2e/corpus"
	"github.com/akstools/akstools/test/e2e/faults"
)

// The resources of the lab's cluster in Azure (test/lab/arm/internal/seed).
const (
	azureSubscription = "/subscriptions/00000000-0000-0000-0000-000000000000"
	azureNodeGroup    = azureSubscription + "/resourceGroups/mc_lab_lab_eastus/providers/"
	azureNetwork      = azureNodeGroup + "Microsoft.Network/"
	azureSubnet       = azureNetwork + "virtualNetworks/aks-vnet-12345678/subnets/aks-subnet"
	azureCluster      = azureSubscription + "/resourceGroups/lab/providers/Microsoft.ContainerService/managedClusters/lab"
	azureManaged      = azureNetwork + "networkSecurityGroups/aks-agentpool-12345678-nsg"
	azureMachines     = azureNodeGroup + "Microsoft.Compute/virtualMachineScaleSets/aks-nodepool1-12345678-vmss/virtualMachines/"
	azureNIC          = "/networkInterfaces/aks-nodepool1-12345678-vmss"
)

// azureParts and balancerParts are the numbers of parts of a commit's slice of which one is tried: a fault takes up to a minute.
// They share no factor with the rows of slow: the seed draws both.
const azureParts, balancerParts = 7, 3

// TestAzure tries what is past the cluster's edge. The tunnel's faults come last: some need nodes that are some minutes old.
func TestAzure(t *testing.T) {
	l := theLab(t)
	run := l.corpusRun(t)
	balancers := run.plan.Thinner(balancerParts).Trials(corpus.AzureBalancer())
	tunnels := run.plan.Thinner(azureParts).Trials(corpus.AzureTunnel())
	if len(balancers)+len(tunnels) == 0 {
		return
	}
	a := l.azure(t)
	t.Run("Balancer", func(t *testing.T) { a.tryBalancers(t, run, balancers) })
	t.Run("Tunnel", func(t *testing.T) { a.tryTunnels(t, run, tunnels) })
}

// tryTunnels changes network security groups, which the switch enforces, and holds that tunneldoctor names the rule whose counter has
// moved, and that the printed fix heals. What is healthy must stay so, and must not cost a request.
func (a azureLab) tryTunnels(t *testing.T, run corpusRun, trials []corpus.Trial) {
	list := faults.AzureTunnel()
	if slices.ContainsFunc(trials, func(trial corpus.Trial) bool { return list[trial.Index].CutsOff() }) {
		a.grown(t)
	}
	a.tunnelWorks(t)
	for _, trial := range trials {
		t.Run(trial.String(), func(t *testing.T) { a.try(t, run.begin(t, trial), list[trial.Index], trial.Seed) })
	}
}

// azureLab is a lab with Azure, and who is signed in there.
type azureLab struct {
	lab
	reader, owner string // configuration directories of az
	managed       []any  // the rules of the managed group, which the cloud provider has made
}

// azure brings the lab up with Azure and the options, until the test ends, and signs in there.
func (l lab) azure(t *testing.T, options ...string) azureLab {
	t.Helper()
	// the first time, Resource Manager and the cloud provider are built
	if err := l.quietlyWithin(20*time.Minute, append([]string{"lab", "up", "--azure"}, options...)...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.quietly("lab", "up", "--apps"); err != nil {
			t.Error(err)
		}
	})
	dir := t.TempDir()
	a := azureLab{lab: l, reader: filepath.Join(dir, "reader"), owner: filepath.Join(dir, "owner")}
	var group struct{ Properties struct{ SecurityRules []any } }
	if err := json.Unmarshal([]byte(l.must(t, "lab", "azure", "get", azureManaged)), &group); err != nil {
		t.Fatal(err)
	}
	a.managed = append([]any{}, group.Properties.SecurityRules...)
	for config, role := range map[string]string{a.reader: "Reader", a.owner: "Contributor"} {
		name := filepath.Base(config)
		l.must(t, "lab", "azure", "login", config, name)
		l.must(t, "lab", "azure", "role", "assign", name, role, azureSubscription)
	}
	t.Setenv("SSL_CERT_FILE", strings.TrimSpace(l.must(t, "lab", "azure", "ca")))
	t.Setenv("PATH", strings.TrimSpace(l.must(t, "lab", "azure", "bin"))+":"+os.Getenv("PATH"))
	t.Setenv("AZURE_CONFIG_DIR", a.reader)
	return a
}

func (a azureLab) try(t *testing.T, o *outcome, f faults.AzureFault, seed uint64) {
	node := newRand(seed, f.Name).IntN(2)
	reset := func() { a.reset(t) }
	t.Cleanup(reset)
	a.change(t, f, node)
	// what is established is evaluated again
	if f.CutsOff() {
		a.on(t, "switch", "conntrack", "-F")
	} else {
		a.on(t, "switch", "sh", "-c", "conntrack -D -p tcp --dport 10250 || true") // fails if there is none
	}
	a.must(t, "lab", "azure", "journal", "--clear")
	if f.Code == "" {
		a.tunnelHealthy(t, o, f.Why, "--azure=auto")
		o.is(corpus.Right)
		if sent := a.must(t, "lab", "azure", "journal"); strings.TrimSpace(sent) != "[]" && strings.TrimSpace(sent) != "null" {
			t.Errorf("a healthy cluster cost requests: %s", sent)
		}
		return
	}
	if f.CutsOff() {
		lost := 1 // of the second pool, or deallocated
		if f.NIC != nil {
			lost = node
		}
		a.notReady(t, &faults.TunnelCase{Node: a.Nodes()[lost]}, f.NIC == nil && f.Pool2Routes == nil && !f.Deallocated)
	}
	r, code, text, took := a.tunneldoctor(t, append([]string{"--azure=auto"}, saved(f.Name)...)...)
	want, exit := check.Fail, 3
	if f.Degraded {
		want, exit = check.Warn, 0
	}
	o.verdict(r.Verdict, f.Code, want)
	if r.Verdict.Code != f.Code || r.Verdict.Status != want || code != exit {
		t.Fatalf("verdict %s %s (%s), want %s (%s)\n%s", r.Verdict.Status, r.Verdict.Code, r.Verdict.Summary, f.Code, f.Why, text)
	}
	t.Logf("verdict after %s: %s", took, r.Verdict.Summary)
	a.decided(t, f, r)
	a.onlyReads(t)
	fix := r.Verdict.Fixes[f.Fix]
	if len(fix.Commands) == 0 && !f.CutsOff() && f.Routes == nil {
		t.Errorf("the fix %q has no command", fix.Title)
	}
	a.fix(t, a.reader, fix.Commands...)
	a.tunnelHealthy(t, nil, "after the fix", "--azure=auto")
}

// fix runs the commands as who may change resources, and signs in again as before.
func (a azureLab) fix(t *testing.T, before string, commands ...cmdline.Command) {
	t.Helper()
	t.Setenv("AZURE_CONFIG_DIR", a.owner)
	for _, c := range commands {
		if out := a.run(t, "", "sh", append([]string{"-c", `exec "$@"`, "sh"}, c.Argv()...)...); out.code != 0 {
			t.Errorf("the fix %s: %s", c, out.stderr)
		}
	}
	t.Setenv("AZURE_CONFIG_DIR", before)
}

// decided holds that the verdict names the rule that has dropped packets.
func (a azureLab) decided(t *testing.T, f faults.AzureFault, r report.Report) {
	t.Helper()
	var counters map[string]int
	if err := json.Unmarshal([]byte(a.must(t, "lab", "azure", "counters")), &counters); err != nil {
		t.Fatal(err)
	}
	if f.Decides == "" {
		return
	}
	group, rule, _ := strings.Cut(f.Decides, "/")
	if counters[f.Decides] == 0 {
		t.Errorf("the rule %s dropped nothing: %v", f.Decides, counters)
	}
	named := []string{"rule " + rule + " (priority", "network security group " + group}
	switch {
	case f.Ranges != nil:
		named = []string{"the authorized IP ranges of cluster lab", "203.0.113.40"}
	case f.Routes != nil, f.Pool2Routes != nil:
		named = []string{"route " + rule + " (", "route table " + group}
	}
	if s := r.Verdict.Summary; !strings.Contains(s, named[0]) || !strings.Contains(s, named[1]) {
		t.Errorf("the verdict does not name %s: %s", f.Decides, s)
	}
}

// onlyReads holds that Azure got only GET requests since the journal was cleared.
func (a azureLab) onlyReads(t *testing.T) {
	t.Helper()
	var entries []struct{ Method, Path string }
	if err := json.Unmarshal([]byte(a.must(t, "lab", "azure", "journal")), &entries); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Method != "GET" {
			t.Errorf("%s %s", e.Method, e.Path)
		}
	}
}
