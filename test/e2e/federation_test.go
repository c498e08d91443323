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

// TestConnectorFederation holds that connectordoctor and Entra ID agree on which federated credential lets the pods of a connection sign
// in. The lab's Entra ID verifies the tokens of the cluster for real. What it answers is explained.
func TestConnectorFederation(t *testing.T) {
	takeTurn(t)
	a := theLab(t).azure(t)
	a.connector(t)
	const namespace = "federation"
	a.namespace(t, namespace)
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
}

// federated creates a connection by workload identity in Azure and what it made in the cluster, with a workload that uses it.
func (a azureLab) federated(t *testing.T, namespace, account string) {
	t.Helper()
	a.edit(t, azureCluster, func(p map[string]any) {
		for key, value := range faults.ConnectorCluster() {
			p[key] = value
		}
	})
	for _, r := range faults.ConnectorResources() {
		if r.ID == faults.ConnectorLinker {
			properties, _ := r.Body["properties"].(map[string]any)
			properties["scope"] = namespace
		}
		a.put(t, r.ID, r.Body)
	}
	a.must(t, "kubectl", "create", "secret", "generic", "sc-mydb-secret", "-n", namespace,
		"--from-literal=AZURE_STORAGEBLOB_CLIENTID="+faults.ConnectorClient, "--from-literal=AZURE_STORAGEBLOB_RESOURCEENDPOINT=x")
	objects := strings.NewReplacer("ACCOUNT", account, "CLIENT", faults.ConnectorClient).Replace(`
apiVersion: v1
kind: ServiceAccount
metadata: {name: ACCOUNT, annotations: {azure.workload.identity/client-id: CLIENT}}
---
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
      volumes:
      - name: azure-identity-token
        projected: {sources: [{serviceAccountToken: {audience: "api://AzureADTokenExchange", path: azure-identity-token}}]}
      containers:
      - name: web
        image: lab.akstools.dev/app:v1
        imagePullPolicy: IfNotPresent
        args: [-http=8080]
        envFrom: [{secretRef: {name: sc-mydb-secret}}]
        env:
        - {name: AZURE_CLIENT_ID, value: CLIENT}
        - {name: AZURE_FEDERATED_TOKEN_FILE, value: /var/run/secrets/azure/tokens/azure-identity-token}
        volumeMounts: [{name: azure-identity-token, mountPath: /var/run/secrets/azure/tokens}]
`)
	if out := a.run(t, objects, "kubectl", "apply", "-n", namespace, "-f", "-"); out.code != 0 {
		t.Fatal(out.stderr)
	}
	a.must(t, "kubectl", "rollout", "status", "deployment/web", "-n", namespace, "--timeout=60s")
}

func (a azureLab) trySignIn(t *testing.T, s signIn, namespace, account string) {
	a.put(t, faults.ConnectorCredential, map[string]any{"properties": map[string]any{
		"issuer": s.issuer, "subject": s.subject, "audiences": []string{s.audience},
	}})
	sent := s.sent
	if sent == "" {
		sent = "api://AzureADTokenExchange"
	}
	token := strings.TrimSpace(a.must(t, "kubectl", "create", "token", account, "-n", namespace, "--audience="+sent))
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
	out := a.run(t, "", "kubectl-connectordoctor", "mydb", "-n", namespace, "--azure=require", "-o", "json")
	var r report.Report
	if err := json.Unmarshal([]byte(out.stdout), &r); err != nil {
		t.Fatal(err, out.stderr)
	}
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
