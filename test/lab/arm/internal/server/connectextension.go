package server

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// install updates the extension, whose agent writes the connection to the cluster. Each operation on a connection is one on this extension:
// two at once conflict. Without an agent, nothing is written, and the extension succeeds once Azure accepts it.
func (c *connection) install(ctx context.Context) *failure {
	if c.behaves().unregistered("Microsoft.KubernetesConfiguration") {
		return fail(http.StatusConflict, "Conflict", "Operation returned an invalid status 'Conflict'")
	}
	id := c.cluster + "/providers/" + extensions + "/sc-extension"
	if f := c.allowed(extensions+"/write", id); f != nil {
		return f
	}
	o, err := c.Store.Get(id)
	if err == nil && strings.HasSuffix(text(properties(o)["provisioningState"]), "ing") {
		return fail(http.StatusConflict, "Conflict", "Operation returned an invalid status 'Conflict': the extension is %s.",
			text(properties(o)["provisioningState"]))
	}
	state, operation := "Creating", "Create"
	if err == nil {
		state, operation = "Updating", "Update"
	}
	p := store.Object{
		"extensionType": "microsoft.servicelinker.connection", "releaseTrain": "prod", "autoUpgradeMinorVersion": true,
		"currentVersion": "0.3.2", "provisioningState": state,
		"scope": store.Object{"cluster": store.Object{"releaseNamespace": "sc-system"}},
	}
	if _, _, f := c.Write(ctx, id, extensions, store.Object{"properties": p}, ""); f != nil {
		return f
	}
	p["provisioningState"] = "Succeeded"
	var failed *failure
	if outcome, ok := c.agent.do(c.work(), cmp.Or(c.behaves().Patience, patience)); ok && outcome.Failure != "" {
		failed = fail(http.StatusConflict, "ExtensionOperationFailed", envelope, outcome.Failure, operation)
		p["provisioningState"] = "Failed"
		p["errorInfo"] = store.Object{"code": failed.code, "message": failed.text}
	}
	if _, _, f := c.Write(ctx, id, extensions, store.Object{"properties": p}, ""); f != nil {
		return f
	}
	return failed
}

// envelope is how Azure reports what Helm said in an operation (https://github.com/hashicorp/terraform-provider-azurerm/issues/24547).
const envelope = "The extension operation failed with the following error:  Error: [ InnerError: [Helm installation failed : Unable to " +
	"create/update Kubernetes resources for the extension : Recommendation Please check that there are no policies blocking the resource " +
	"creation/update for the extension : InnerError [%s]]] occurred while doing the operation : [%s] on the config, For general " +
	"troubleshooting visit: https://aka.ms/k8s-extensions-TSG"

// work is what the agent does for the connection.
func (c *connection) work() Work {
	w := Work{Connection: c.id[strings.LastIndex(c.id, "/")+1:], Namespace: c.namespace()}
	service := "STORAGEBLOB"
	switch kind := strings.ToLower(c.target()); {
	case strings.Contains(kind, "/microsoft.keyvault/"):
		service = "KEYVAULT"
	case strings.Contains(kind, "/microsoft.dbforpostgresql/"):
		service = "POSTGRESQL"
	}
	if !c.byIdentity() {
		w.Keys = []string{"AZURE_" + service + "_CONNECTIONSTRING"}
		return w
	}
	w.Keys = []string{"AZURE_" + service + "_CLIENTID", "AZURE_" + service + "_RESOURCEENDPOINT"}
	if i, f := c.identity(); f == nil {
		w.ClientID = text(properties(i)["clientId"])
	}
	return w
}

// disconnect does what deleting the connection does in Azure. What it created in the cluster stays there
// (https://learn.microsoft.com/azure/service-connector/how-to-use-service-connector-in-aks).
func (c *connection) disconnect(ctx context.Context) {
	if a, ok := c.role(); ok {
		c.assigned(a, false)
	}
	if i, f := c.identity(); f == nil {
		_ = c.Remove(ctx, c.credential(i)) // another connection's stays
	}
}

// refusal returns the failure as the error of an operation; nil: it succeeded.
func (f *failure) refusal() error {
	if f == nil {
		return nil
	}
	return &Refusal{Status: f.status, Code: f.code, Text: f.text}
}
