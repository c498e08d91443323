package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/test/e2e/faults"
)

// dataService is the target of a connection, whose firewall does not allow the cluster.
type dataService struct {
	kind, host string
	location   string // empty: that of the cluster
	properties map[string]any
	child      string // a resource below it, with the properties that follow
	inChild    map[string]any
	refusing   string // the check that fails; empty: it does not tell before the sign-in
	allow      func(a azureLab, t *testing.T, id string)
	nameless   bool // its answer does not tell the address from which it sees the cluster
}

func anotherAddress(start, end string) map[string]any {
	return map[string]any{start: "203.0.113.9", end: "203.0.113.9"}
}

// dataServices returns one of each kind that the lab serves.
func dataServices() []dataService {
	deny := map[string]any{"networkAcls": map[string]any{"defaultAction": "Deny", "ipRules": []any{}}}
	return []dataService{
		{
			kind: "Microsoft.DBforPostgreSQL/flexibleServers", host: "postgres.database.azure.com", properties: map[string]any{},
			child: "firewallRules/office", inChild: anotherAddress("startIpAddress", "endIpAddress"), refusing: "CON0804",
		},
		{
			kind: "Microsoft.DBforMySQL/flexibleServers", host: "mysql.database.azure.com", properties: map[string]any{},
			child: "firewallRules/office", inChild: anotherAddress("startIpAddress", "endIpAddress"), refusing: "CON0804",
		},
		{
			kind: "Microsoft.Cache/redis", host: "redis.cache.windows.net", properties: map[string]any{},
			child: "firewallRules/office", inChild: anotherAddress("startIP", "endIP"), refusing: "CON0802", nameless: true,
		},
		{
			// rules for addresses do not count within a region
			kind: "Microsoft.Storage/storageAccounts", host: "blob.core.windows.net", location: "westeurope", properties: deny,
			refusing: "CON0804", nameless: true,
		},
		{kind: "Microsoft.KeyVault/vaults", host: "vault.azure.net", properties: deny},
		{
			kind: "Microsoft.DocumentDB/databaseAccounts", host: "documents.azure.com", refusing: "CON0804",
			properties: map[string]any{"ipRules": []any{map[string]any{"ipAddressOrRange": "203.0.113.9"}}},
			allow: func(a azureLab, t *testing.T, id string) {
				a.edit(t, id, func(p map[string]any) { p["ipRules"] = []any{map[string]any{"ipAddressOrRange": "203.0.113.50"}} })
			},
		},
		{
			kind: "Microsoft.ServiceBus/namespaces", host: "servicebus.windows.net", properties: map[string]any{},
			child: "networkRuleSets/default", inChild: map[string]any{
				"publicNetworkAccess": "Enabled", "defaultAction": "Deny", "virtualNetworkRules": []any{},
				"ipRules": []any{map[string]any{"ipMask": "203.0.113.9", "action": "Allow"}},
			},
			refusing: "CON0804", nameless: true,
		},
	}
}

// TestConnectorTargets holds that `connectordoctor validate` reads from Azure where a target is, says within 10 s that its firewall refuses
// the cluster, that the printed fix heals that, and that it then passes.
func TestConnectorTargets(t *testing.T) {
	a := theLab(t).azure(t, "--targets")
	const namespace = "targets"
	a.namespace(t, namespace)
	a.must(t, "kubectl", "create", "secret", "generic", "sc-mydb-secret", "-n", namespace, "--from-literal=AZURE_MYDB_ENDPOINT=x")
	a.consumer(t, namespace, 8080)
	group := azureSubscription + "/resourceGroups/data"
	a.put(t, group, map[string]any{"location": "eastus"})
	for _, s := range dataServices() {
		_, kind, _ := strings.Cut(s.kind, ".")
		kind, _, _ = strings.Cut(strings.ToLower(kind), "/")
		t.Run(kind, func(t *testing.T) { a.tryTarget(t, s, group+"/providers/"+s.kind+"/shop-"+kind, namespace) })
	}
}

// consumer creates the Deployment web, which serves the port and takes variables from the Secret of connection mydb.
func (l lab) consumer(t *testing.T, namespace string, port int) {
	t.Helper()
	l.must(t, "kubectl", "create", "deployment", "web", "-n", namespace, "--image=lab.akstools.dev/app:v1", fmt.Sprintf("--port=%d", port),
		"--", "/app", fmt.Sprintf("-http=%d", port))
	l.must(t, "kubectl", "set", "env", "deployment/web", "-n", namespace, "--from=secret/sc-mydb-secret")
	l.must(t, "kubectl", "rollout", "status", "deployment/web", "-n", namespace, "--timeout=60s")
}

func (a azureLab) tryTarget(t *testing.T, s dataService, id, namespace string) {
	a.put(t, id, map[string]any{"location": cmp.Or(s.location, "eastus"), "properties": s.properties})
	t.Cleanup(func() { a.must(t, "lab", "azure", "delete", id) })
	if s.child != "" {
		a.put(t, id+"/"+s.child, map[string]any{"properties": s.inChild})
	}
	a.put(t, faults.ConnectorLinker, map[string]any{"properties": map[string]any{
		"targetService": map[string]any{"type": "AzureResource", "id": id}, "authInfo": map[string]any{"authType": "secret"},
		"clientType": "none", "scope": namespace, "provisioningState": "Succeeded",
	}})
	host := id[strings.LastIndex(id, "/")+1:] + "." + s.host
	a.eventually(t, 30*time.Second, func() error { // its server starts
		if out := a.run(t, "", "lab", "exec", node0, "--", "getent", "hosts", host); out.code != 0 {
			return fmt.Errorf("%s does not resolve: %s", host, out.stderr)
		}
		return nil
	})
	a.must(t, "lab", "azure", "journal", "--clear")
	r, took := a.validate(t, namespace)
	a.onlyReads(t)
	t.Logf("verdict after %s: %s", took, r.Verdict.Summary)
	if took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	refused := resultOf(t, r, "CON0703")
	if refused.Status != check.Fail {
		t.Errorf("CON0703 is %s: the firewall does not allow the cluster", refused.Status)
	}
	if s.refusing == "" {
		if got := resultOf(t, r, "CON0804"); got.Status != check.Skip || !strings.Contains(got.Reason, "203.0.113.50") {
			t.Errorf("CON0804 is %s: %s%s", got.Status, got.Reason, got.Error)
		}
	} else {
		own := resultOf(t, r, s.refusing)
		if own.Status != check.Fail || !s.nameless && !strings.Contains(own.Findings[0].Summary, "203.0.113.50") {
			t.Errorf("%s is %s: %+v %s", own.Code, own.Status, own.Findings, own.Error)
		} else if len(own.Findings[0].Fixes) > 0 && s.refusing == "CON0804" && !s.nameless {
			refused = own
		}
	}
	if s.allow != nil {
		s.allow(a, t, id)
	} else {
		a.healed(t, refused)
	}
	a.eventually(t, 10*time.Second, func() error { // the firewall follows
		r, took := a.validate(t, namespace)
		for _, code := range []string{"CON0703", "CON0801", "CON0802", "CON0803", "CON0804"} {
			got := resultOf(t, r, code)
			silent := code == "CON0804" && s.refusing == "" && got.Status == check.Skip
			if got.Status != check.Passed && !silent {
				return fmt.Errorf("after the fix, %s is %s: %+v %s%s", code, got.Status, got.Findings, got.Reason, got.Error)
			}
		}
		t.Logf("passes after %s", took)
		return nil
	})
}

// validate runs it on connection mydb.
func (a azureLab) validate(t *testing.T, namespace string) (r report.Report, took time.Duration) {
	t.Helper()
	start := time.Now()
	out := a.run(t, "", "kubectl-connectordoctor", "validate", "mydb", "-n", namespace, "--azure=require", "-o", "json")
	took = time.Since(start)
	if err := json.Unmarshal([]byte(out.stdout), &r); err != nil {
		t.Fatal(err, out.stderr)
	}
	return r, took
}

func resultOf(t *testing.T, r report.Report, code string) check.Result {
	t.Helper()
	i := slices.IndexFunc(r.Results, func(r check.Result) bool { return r.Code == code })
	if i < 0 {
		t.Fatalf("no %s", code)
	}
	return r.Results[i]
}

// healed runs the first fix of the result that has a command to allow the cluster's address.
func (a azureLab) healed(t *testing.T, r check.Result) {
	t.Helper()
	for _, f := range r.Findings {
		for _, fix := range f.Fixes {
			for _, c := range fix.Commands {
				if !strings.Contains(c.String(), "203.0.113.50") {
					continue
				}
				a.fix(t, a.reader, c)
				return
			}
		}
	}
	t.Fatalf("%s has no command that allows the cluster: %+v", r.Code, r.Findings)
}
