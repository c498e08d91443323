package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/test/e2e/corpus"
	"github.com/akstools/akstools/test/e2e/faults"
)

const azureBalancer = azureNetwork + "loadBalancers/kubernetes"

// tryBalancers changes what Azure has for a Service's load balancer, which the cloud provider itself has written, and holds that insideout
// names what the lab's Azure has enforced, and that the printed fix heals.
func (a azureLab) tryBalancers(t *testing.T, run corpusRun, trials []corpus.Trial) {
	b := balancerLab{azureLab: a, client: filepath.Join(t.TempDir(), "client")}
	a.must(t, "lab", "azure", "login", "--public", b.client, "reader")
	a.must(t, "lab", "azure", "role", "assign", "reader", "Network Contributor", azureSubscription) // it has the action for the health
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		for _, args := range [][]string{{"remove", "reader"}, {"assign", "reader", "Reader", azureSubscription}} {
			if out, err := a.command(ctx, "lab", append([]string{"azure", "role"}, args...)...).CombinedOutput(); err != nil {
				t.Errorf("%v: %v %s", args, err, out)
			}
		}
	})
	t.Setenv("AZURE_CONFIG_DIR", b.client)
	list := faults.AzureBalancer()
	for _, trial := range trials {
		t.Run(trial.String(), func(t *testing.T) { b.try(t, run.begin(t, trial), list[trial.Index], trial.Seed) })
	}
}

// balancerLab is a lab with Azure, and who is signed in there on the machine client.
type balancerLab struct {
	azureLab
	client string // the configuration directory of az
}

func (b balancerLab) try(t *testing.T, o *outcome, f faults.BalancerFault, seed uint64) {
	c := b.newCase(t, f.Name, seed)
	c.outcome = o
	c.Balance()
	if f.Change != nil {
		f.Change(c.Case)
	}
	before := b.saved(t)
	t.Cleanup(func() { b.restore(t, before) })
	c.apply(t)
	c.settled(t)
	address, port := b.address(t, c), strconv.Itoa(int(c.Service.Spec.Ports[0].Port))
	at := fmt.Sprintf("http://%s:%s/", address, port)
	closed := f.Code != "" && f.Change != nil && f.Balancer == nil // by the Service itself
	if !closed {
		b.answers(t, at, true)
	}
	b.must(t, "lab", "azure", "journal", "--clear")
	if !closed {
		c.healthy(t, "before the fault", "--azure=auto")
		b.sentNothing(t)
	}
	b.breaks(t, c, f, address, port)
	if f.Routes != nil {
		b.tunnelWorks(t) // its connections take another way now
	}
	// new connections meet the rules; others stay, such as those of the tunnel
	b.on(t, "switch", "sh", "-c", "conntrack -D -d "+address+"; conntrack -D -s 168.63.129.16; true") // each fails if there is none
	if f.Code == "" {
		b.answers(t, at, true)
		c.healthy(t, f.Why, append(saved("healthy-"+f.Name), "--azure=auto")...)
		o.is(corpus.Right)
		b.sentNothing(t)
		return
	}
	b.answers(t, at, false)
	r, code := c.insideout(t, append(saved(f.Name), "--azure=auto")...)
	want, exit := check.Fail, 3
	if f.Degraded && r.Verdict.Status != check.Fail { // by chance, all connections from here meet the node that denies
		want, exit = check.Warn, 0
	}
	o.verdict(r.Verdict, f.Code, want)
	if r.Verdict.Code != f.Code || r.Verdict.Status != want || code != exit {
		t.Fatalf("verdict %s %s (%s), want %s (%s)\n%s", r.Verdict.Status, r.Verdict.Code, r.Verdict.Summary, f.Code, f.Why, c.text)
	}
	t.Logf("verdict: %s (%s)", r.Verdict.Summary, r.Verdict.Cause)
	b.named(t, f, r)
	b.asksOnly(t)
	if f.Fix < 0 {
		return // it is for an editor
	}
	b.fix(t, b.client, r.Verdict.Fixes[f.Fix].Commands...)
	b.answers(t, at, true)
	c.healthy(t, "after the fix", "--azure=auto")
}

// address waits until the cloud provider has given the Service an address.
func (b balancerLab) address(t *testing.T, c *corpusCase) (address string) {
	t.Helper()
	b.eventually(t, showLimit, func() error {
		if address = b.Live(c.Case).Balancer; address == "" {
			return fmt.Errorf("no address")
		}
		return nil
	})
	return address
}

// answers waits until the client's connections to the load balancer succeed, all of them, or do not, any of them.
func (b balancerLab) answers(t *testing.T, at string, want bool) {
	t.Helper()
	b.eventually(t, time.Minute, func() error {
		const tries = 6
		good := 0
		for range tries {
			if b.run(t, "", "lab", "exec", "client", "--", "curl", "-sS", "-o", "/dev/null", "--max-time", "2", at).code == 0 {
				good++
			} else if !want {
				return nil
			}
		}
		if want != (good == tries) {
			return fmt.Errorf("%d of %d requests to %s succeed", good, tries, at)
		}
		return nil
	})
}

// breaks makes Azure as the fault has it.
func (b balancerLab) breaks(t *testing.T, c *corpusCase, f faults.BalancerFault, address, port string) {
	t.Helper()
	rules := func(list []faults.AzureRule) (out []faults.AzureRule) {
		if list != nil {
			out = []faults.AzureRule{}
		}
		for _, r := range list {
			out = append(out, r.InFrontend(address, port))
		}
		return out
	}
	b.change(t, faults.AzureFault{Subnet: rules(f.Subnet), NIC: rules(f.NIC), Routes: f.Routes, Appliance: f.Appliance}, 1)
	if f.Firewalled {
		drop := func(do string) { b.on(t, "client", "iptables", "-w", do, "OUTPUT", "-d", address, "-j", "DROP") }
		drop("-A")
		t.Cleanup(func() { drop("-D") })
	}
	if f.Managed != nil {
		b.edit(t, azureManaged, func(p map[string]any) {
			all, _ := p["securityRules"].([]any)
			p["securityRules"] = slices.DeleteFunc(all, func(o any) bool {
				properties := o.(map[string]any)["properties"].(map[string]any)
				return strings.Contains(fmt.Sprint(properties), address) && !f.Managed(properties)
			})
		})
	}
	if f.Balancer != nil {
		service, err := c.clients.CoreV1().Services(c.Namespace).Get(t.Context(), c.Name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		// https://github.com/kubernetes/cloud-provider/blob/v0.36.0/cloud.go#L84
		frontend := ("a" + strings.ReplaceAll(string(service.UID), "-", ""))[:32]
		b.edit(t, azureBalancer, func(p map[string]any) { f.Balancer(p, frontend) })
	}
}

// saved returns what the cloud provider has written, for restore.
func (b balancerLab) saved(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, id := range []string{azureManaged, azureBalancer} {
		all[id] = b.must(t, "lab", "azure", "get", id)
	}
	return all
}

// restore takes back what breaks has done. The case's Service goes with its namespace.
func (b balancerLab) restore(t *testing.T, before map[string]string) {
	t.Helper()
	b.edit(t, azureSubnet, func(p map[string]any) {
		delete(p, "networkSecurityGroup")
		delete(p, "routeTable")
	})
	for node := range 2 {
		b.edit(t, azureMachines+fmt.Sprint(node)+azureNIC, func(p map[string]any) { p["networkSecurityGroup"] = reference(azureManaged) })
	}
	b.on(t, "appliance", "sh", "-c", "nft delete table ip fw 2>/dev/null; true")
	for _, name := range []string{"networkSecurityGroups/nsg-nodes", "networkSecurityGroups/nsg-nic", "routeTables/rt-nodes"} {
		b.run(t, "", "lab", "azure", "delete", azureNetwork+name) // there may be none
	}
	for id, text := range before {
		if r := b.run(t, text, "lab", "azure", "put", id); r.code != 0 {
			t.Errorf("restoring %s: %s", id, r.stderr)
		}
	}
	b.tunnelWorks(t)
}

// sentNothing holds that what is healthy costs no request by the plugin's principal.
func (b balancerLab) sentNothing(t *testing.T) {
	t.Helper()
	for _, e := range b.sent(t) {
		t.Errorf("a healthy Service cost a request: %s %s", e.Method, e.Path)
	}
}

// asksOnly holds that Azure got only GET requests and questions for the health behind rules.
func (b balancerLab) asksOnly(t *testing.T) {
	t.Helper()
	for _, e := range b.sent(t) {
		if e.Method != "GET" && (e.Method != "POST" || !strings.HasSuffix(e.Path, "/health")) {
			t.Errorf("%s %s", e.Method, e.Path)
		}
	}
}

type request struct{ Method, Path, Agent string }

// sent returns the requests of insideout since the journal was cleared.
func (b balancerLab) sent(t *testing.T) []request {
	t.Helper()
	var all []request
	if err := json.Unmarshal([]byte(b.must(t, "lab", "azure", "journal")), &all); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(e request) bool { return !strings.Contains(e.Agent, "kubectl-insideout") })
}

// named holds that the verdict names the rule that has dropped packets.
func (b balancerLab) named(t *testing.T, f faults.BalancerFault, r report.Report) {
	t.Helper()
	if f.Decides == "" {
		return
	}
	var counters map[string]int
	if err := json.Unmarshal([]byte(b.must(t, "lab", "azure", "counters")), &counters); err != nil {
		t.Fatal(err)
	}
	if counters[f.Decides] == 0 {
		t.Errorf("the rule %s dropped nothing: %v", f.Decides, counters)
	}
	group, rule, _ := strings.Cut(f.Decides, "/")
	for _, part := range []string{"rule " + rule + " (priority", "network security group " + group} {
		if !strings.Contains(r.Verdict.Summary, part) {
			t.Errorf("the verdict does not name %s: %s", f.Decides, r.Verdict.Summary)
		}
	}
}
