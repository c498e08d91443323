package server

import (
	"context"
	"net/http"
	"strings"

	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// install updates the extension, which writes the connection to the cluster. Each operation on a connection is one on this extension: two
// at once conflict. Nothing writes to the lab's cluster: the extension succeeds once Azure accepts it.
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
	_, _, f := c.Write(ctx, id, extensions, store.Object{"properties": store.Object{
		"extensionType": "microsoft.servicelinker.connection", "releaseTrain": "prod", "autoUpgradeMinorVersion": true,
		"currentVersion": "0.3.2", "provisioningState": "Succeeded",
		"scope": store.Object{"cluster": store.Object{"releaseNamespace": "sc-system"}},
	}}, "")
	return f
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
