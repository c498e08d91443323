package e2e

import (
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

// signIn is a pod's token as it is sent to Entra ID, and the federated credential of its identity.
type signIn struct {
	name                      string
	issuer, subject, audience string // of the credential
	sent                      string // the audience of the token that is sent; empty: that for Entra ID
	number                    int    // of the error, as AADSTSn; zero: it signs in
}

// TestConnectorFederation creates a connection in Azure, whose agent has Helm write it to the cluster, and holds that connectordoctor and
// Entra ID agree on which federated credential lets the pods of the connection sign in. The webhook of Azure Workload Identity gives the
// pods their tokens, and the lab's Entra ID verifies them. What it answers is explained. Then the webhook and the agent meet trouble.
func TestConnectorFederation(t *testing.T) {
	takeTurn(t)
	a := theLab(t).azure(t)
	a.connector(t)
	const namespace = "federation"
	a.namespace(t, namespace)
	a.agent(t)
	// the first time, it is built; its pods then wait for their certificate
	if err := a.quietlyWithin(10*time.Minute, "lab", "workload-identity", "start"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.must(t, "lab", "workload-identity", "stop") })
	account := "sc-account-" + faults.ConnectorClient
	subject := "system:serviceaccount:" + namespace + ":" + account
	a.federated(t, namespace, account)
	const entra = "api://AzureADTokenExchange"
	elsewhere, inCapitals := strings.Replace(subject, namespace, "default", 1), strings.Replace(subject, "sc-account", "SC-account", 1)
	for _, s := range []signIn{
		{name: "matches", issuer: faults.ConnectorIssuer, subject: subject, audience: entra},
		{name: "slash", issuer: strings.TrimSuffix(faults.ConnectorIssuer, "/"), subject: subject, audience: entra, number: 700211},
		{name: "namespace", issuer: faults.ConnectorIssuer, subject: elsewhere, audience: entra, number: 700213},
		{name: "case", issuer: faults.ConnectorIssuer, subject: inCapitals, audience: entra, number: 700213},
		{name: "cloud", issuer: faults.ConnectorIssuer, subject: subject, audience: entra + "China", number: 700212},
		{name: "other token", issuer: faults.ConnectorIssuer, subject: subject, audience: entra, sent: faults.ConnectorIssuer, number: 700212},
	} {
		t.Run(s.name, func(t *testing.T) { a.trySignIn(t, s, namespace, account) })
	}
	a.put(t, faults.ConnectorCredential, map[string]any{"properties": map[string]any{
		"issuer": faults.ConnectorIssuer, "subject": subject, "audiences": []string{entra},
	}})
	for _, f := range injectionFaults(account) {
		t.Run(f.code, func(t *testing.T) { a.tryInjection(t, f, namespace) })
	}
	for _, f := range creationFaults() {
		t.Run(f.name, func(t *testing.T) { a.tryCreation(t, f, namespace) })
	}
}

// injectionFault is something that keeps pods from the token or gives them another identity, how it is undone, and what finds it.
type injectionFault struct {
	code          string
	inject, clear [][]string // arguments of kubectl
	fails         bool       // no pod of the workload can be created
}

func injectionFaults(account string) []injectionFault {
	const label = `{"spec":{"template":{"metadata":{"labels":{"azure.workload.identity/use":%s}}}}}`
	const webhook = "deployment/azure-wi-webhook-controller-manager"
	annotation := "azure.workload.identity/client-id="
	status := []string{"rollout", "status", "-n", "kube-system", webhook, "--timeout=150s"}
	return []injectionFault{
		{
			code:   "CON0503",
			inject: [][]string{{"patch", "deployment", "web", "-p", fmt.Sprintf(label, "null")}},
			clear:  [][]string{{"patch", "deployment", "web", "-p", fmt.Sprintf(label, `"true"`)}},
		},
		{
			code: "CON0507", // pods keep the client ID with which they were created
			inject: [][]string{
				{"annotate", "--overwrite", "serviceaccount", account, annotation + "99999999-9999-9999-9999-999999999999"},
				{"rollout", "restart", "deployment/web"},
				{"rollout", "status", "deployment/web", "--timeout=60s"},
				{"annotate", "--overwrite", "serviceaccount", account, annotation + faults.ConnectorClient},
			},
			clear: [][]string{{"rollout", "restart", "deployment/web"}},
		},
		{
			code: "CON0502", // calls fail closed, and pods are not created
			inject: [][]string{
				{"scale", "-n", "kube-system", webhook, "--replicas=0"},
				{"wait", "-n", "kube-system", "--for=delete", "pod", "-l", "azure-workload-identity.io/system=true", "--timeout=60s"},
				{"delete", "pod", "-l", "app=web"},
			},
			clear: [][]string{{"scale", "-n", "kube-system", webhook, "--replicas=2"}, status},
			fails: true,
		},
	}
}

// tryInjection breaks what the webhook does for the workload web, and holds what connectordoctor says.
func (a azureLab) tryInjection(t *testing.T, f injectionFault, namespace string) {
	do := func(commands [][]string) {
		for _, args := range commands {
			a.must(t, "kubectl", append([]string{"-n", namespace}, args...)...)
		}
	}
	rollout := []string{"rollout", "status", "-n", namespace, "deployment/web", "--timeout=60s"}
	t.Cleanup(func() {
		do(f.clear)
		a.must(t, "kubectl", rollout...)
		if r := a.connectorReport(t, "mydb", namespace); r.Verdict.Status != check.Passed {
			t.Errorf("repaired, the verdict is %s: %s", r.Verdict.Code, r.Verdict.Summary)
		}
	})
	do(f.inject)
	if !f.fails {
		a.must(t, "kubectl", rollout...)
	} else {
		a.eventually(t, 30*time.Second, func() error {
			events := a.must(t, "kubectl", "get", "events", "-n", namespace, "--field-selector", "reason=FailedCreate")
			if !strings.Contains(events, "failed calling webhook") {
				return fmt.Errorf("no pod was refused: %s", events)
			}
			return nil
		})
	}
	r := a.connectorReport(t, "mydb", namespace)
	t.Logf("connectordoctor: %s %s: %s", r.Verdict.Code, r.Verdict.Summary, r.Verdict.Cause)
	if r.Verdict.Code != f.code {
		t.Errorf("the verdict is %s: %s", r.Verdict.Code, r.Verdict.Summary)
	}
}

// connectorReport is what connectordoctor says of the connection, with Azure.
func (a azureLab) connectorReport(t *testing.T, name, namespace string) (r report.Report) {
	t.Helper()
	out := a.run(t, "", "kubectl-connectordoctor", name, "-n", namespace, "--azure=require", "-o", "json")
	if err := json.Unmarshal([]byte(out.stdout), &r); err != nil {
		t.Fatal(err, out.stderr)
	}
	return r
}

// federated creates a connection by workload identity, and a workload that uses it.
func (a azureLab) federated(t *testing.T, namespace, account string) {
	t.Helper()
	a.edit(t, azureCluster, func(p map[string]any) {
		for key, value := range faults.ConnectorCluster() {
			p[key] = value
		}
	})
	for _, r := range faults.ConnectorResources() {
		made := []string{faults.ConnectorCredential, faults.ConnectorExtension, faults.ConnectorLinker} // by the connection
		if !slices.Contains(made, r.ID) {
			a.put(t, r.ID, r.Body)
		}
	}
	if state := a.connect(t, "mydb", namespace); state != "Succeeded" {
		t.Fatalf("the connection is %s: %s", state, a.must(t, "lab", "azure", "get", faults.ConnectorExtension))
	}
	objects := strings.ReplaceAll(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, azure.workload.identity/use: "true"}}
    spec:
      serviceAccountName: ACCOUNT
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: lab.akstools.dev/app:v1
        imagePullPolicy: IfNotPresent
        args: [-http=8080]
        envFrom: [{secretRef: {name: sc-mydb-secret}}]
`, "ACCOUNT", account)
	if out := a.run(t, objects, "kubectl", "apply", "-n", namespace, "-f", "-"); out.code != 0 {
		t.Fatal(out.stderr)
	}
	a.must(t, "kubectl", "rollout", "status", "deployment/web", "-n", namespace, "--timeout=60s")
}

// injectedToken returns the token for Entra ID that the webhook has given a pod of web, from the pod's volume on its node.
func (a azureLab) injectedToken(t *testing.T, namespace string) string {
	t.Helper()
	pod := strings.Fields(a.must(t, "kubectl", "get", "pods", "-n", namespace, "-l", "app=web", "-o",
		"jsonpath={.items[0].spec.nodeName} {.items[0].metadata.uid}"))
	files := "/var/lib/kubelet/pods/" + pod[1] + "/volumes/kubernetes.io~projected/azure-workload-identity-reserved-*/"
	return strings.TrimSpace(a.must(t, "lab", "exec", pod[0], "--", "sh", "-c", "cat "+files+"token/azure-identity-token"))
}

func (a azureLab) trySignIn(t *testing.T, s signIn, namespace, account string) {
	a.put(t, faults.ConnectorCredential, map[string]any{"properties": map[string]any{
		"issuer": s.issuer, "subject": s.subject, "audiences": []string{s.audience},
	}})
	token := a.injectedToken(t, namespace)
	if s.sent != "" {
		token = strings.TrimSpace(a.must(t, "kubectl", "create", "token", account, "-n", namespace, "--audience="+s.sent))
	}
	var answer struct {
		Token       string `json:"access_token"`
		Codes       []int  `json:"error_codes"`
		Description string `json:"error_description"`
	}
	a.eventually(t, 15*time.Second, func() error { // a new credential is not known at once
		out := a.must(t, "lab", "exec", node0, "--", "curl", "-sS", "--max-time", "5",
			"https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111/oauth2/v2.0/token",
			"-d", "grant_type=client_credentials", "-d", "client_id="+faults.ConnectorClient, "-d", "scope=https://storage.azure.com/.default",
			"-d", "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "--data-urlencode", "client_assertion="+token)
		if err := json.Unmarshal([]byte(out), &answer); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		if s.number == 0 && answer.Token == "" || s.number != 0 && !slices.Contains(answer.Codes, s.number) {
			return fmt.Errorf("Entra ID: %s, not AADSTS%d", answer.Description, s.number)
		}
		return nil
	})
	t.Logf("Entra ID: %s", answer.Description)
	if s.number != 0 {
		explained := a.run(t, answer.Description, "kubectl-connectordoctor", "explain")
		if explained.code != 0 || !strings.Contains(explained.stdout, "identity") {
			t.Errorf("%s is explained as: %s%s", answer.Description, explained.stdout, explained.stderr)
		}
	}
	if s.sent != "" {
		return // the credential is right, and a program sends another token
	}
	r := a.connectorReport(t, "mydb", namespace)
	want := check.Passed
	if s.number != 0 {
		want = check.Fail
	}
	got := resultOf(t, r, "CON0509")
	t.Logf("connectordoctor: %s %s", r.Verdict.Code, r.Verdict.Summary)
	if got.Status != want {
		t.Errorf("CON0509 is %s, not %s, and Entra ID says: %s\n%+v %s%s", got.Status, want, answer.Description, got.Findings, got.Reason,
			got.Error)
	}
	if s.number != 0 && r.Verdict.Code != "CON0509" {
		t.Errorf("the verdict is %s: %s", r.Verdict.Code, r.Verdict.Summary)
	}
}
