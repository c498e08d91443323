package server

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/akstools/akstools/test/lab/arm/internal/rbac"
	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

const (
	linkers    = "Microsoft.ServiceLinker/linkers"
	extensions = "Microsoft.KubernetesConfiguration/extensions"
)

// connection is a linker while the provider creates or deletes it. It acts with the rights of the user who asked for it
// (https://learn.microsoft.com/azure/service-connector/concept-permission).
type connection struct {
	*Server
	user    string // the object ID of the user
	id      string
	cluster string // its ID
	body    store.Object
}

// connection returns the linker of the ID as its body has it.
func (s *Server) connection(user, id string, body store.Object) *connection {
	cluster, _, _ := strings.Cut(id, "/providers/"+linkers)
	return &connection{Server: s, user: user, id: id, cluster: cluster, body: body}
}

func properties(o store.Object) store.Object {
	p, _ := o["properties"].(store.Object)
	return p
}

func (c *connection) part(name string) store.Object {
	p, _ := properties(c.body)[name].(store.Object)
	return p
}

func (c *connection) target() string { return text(c.part("targetService")["id"]) }

func text(v any) string {
	s, _ := v.(string)
	return s
}

// byIdentity reports whether pods sign in as an identity.
func (c *connection) byIdentity() bool {
	return c.part("authInfo")["authType"] == "userAssignedIdentity"
}

// namespace is that of Kubernetes, default unless the linker names one.
func (c *connection) namespace() string { return cmp.Or(text(properties(c.body)["scope"]), "default") }

// begin accepts the linker, and returns what the operation does.
func (c *connection) begin(ctx context.Context) (run func() (any, error), f *failure) {
	now := time.Now().UTC().Format(time.RFC3339)
	c.body["systemData"] = store.Object{"createdAt": now, "lastModifiedAt": now}
	if f := c.state(ctx, "Accepted"); f != nil {
		return nil, f
	}
	ctx = context.WithoutCancel(ctx)
	return func() (any, error) {
		f := c.connect(ctx)
		state := "Succeeded"
		if f != nil {
			state = "Failed"
		}
		if failed := c.state(ctx, state); f == nil {
			f = failed
		}
		return nil, f.refusal()
	}, nil
}

// putLinker answers the creation or the change of a linker.
func (s *Server) putLinker(w http.ResponseWriter, r *request, body store.Object) *failure {
	_, err := s.Store.Get(r.target.id)
	run, f := s.connection(r.object, r.target.id, body).begin(r.Context())
	if f != nil {
		return f
	}
	w.Header().Set("Azure-AsyncOperation", s.operations.start(endpoint(r.Request), r.target.id, run))
	status := http.StatusOK
	if err != nil {
		status = http.StatusCreated
	}
	kept, getErr := s.Store.Get(r.target.id)
	if getErr != nil {
		return of(getErr, r.target)
	}
	write(w, status, kept)
	return nil
}

// state keeps the linker with the state.
func (c *connection) state(ctx context.Context, state string) *failure {
	properties(c.body)["provisioningState"] = state
	_, _, f := c.Write(ctx, c.id, linkers, c.body, "")
	return f
}

// connect does what creating the connection does in Azure, in Service Connector's order.
func (c *connection) connect(ctx context.Context) *failure {
	if _, err := c.Store.Get(resourceOf(c.target())); c.target() != "" && err != nil {
		return fail(http.StatusNotFound, "ResourceNotFound", "The target resource '%s' was not found.", c.target())
	}
	for _, step := range []func(context.Context) *failure{c.prepareCluster, c.federate, c.assignRole, c.install} {
		if f := step(ctx); f != nil {
			return f
		}
	}
	return nil
}

// allowed returns the failure if the user has no permission for the action, or nil.
func (c *connection) allowed(action, scope string) *failure {
	if c.Rules().Decide(c.user, action, scope).Allowed {
		return nil
	}
	return fail(http.StatusForbidden, "AuthorizationFailed", "You do not have permission to perform action '%s' over scope '%s'. "+
		"If access was recently granted, please refresh your credentials.", action, scope)
}

// prepareCluster enables what the connection needs of the cluster.
func (c *connection) prepareCluster(ctx context.Context) *failure {
	o, err := c.Store.Get(c.cluster)
	if err != nil {
		return of(err, target{id: c.cluster, kind: "Microsoft.ContainerService/managedClusters"})
	}
	p := properties(o)
	if state := text(p["provisioningState"]); state != "Succeeded" {
		return fail(http.StatusConflict, "Conflict", "Operation returned an invalid status 'Conflict': the cluster is %s.", state)
	}
	changed := false
	if issuer, _ := p["oidcIssuerProfile"].(store.Object); c.byIdentity() && issuer["enabled"] != true {
		p["oidcIssuerProfile"] = store.Object{"enabled": true, "issuerURL": c.issuerURL()}
		changed = true
	}
	security, _ := p["securityProfile"].(store.Object)
	if enabled, _ := security["workloadIdentity"].(store.Object); c.byIdentity() && enabled["enabled"] != true {
		p["securityProfile"] = store.Object{"workloadIdentity": store.Object{"enabled": true}}
		changed = true
	}
	if !changed {
		return nil
	}
	if f := c.allowed("Microsoft.ContainerService/managedClusters/write", c.cluster); f != nil {
		return f
	}
	_, _, f := c.Write(ctx, c.cluster, "Microsoft.ContainerService/managedClusters", o, "")
	return f
}

// identity returns the identity of the connection.
func (c *connection) identity() (store.Object, *failure) {
	client := text(c.part("authInfo")["clientId"])
	all, _ := c.Store.List("/subscriptions/"+text(c.part("authInfo")["subscriptionId"]), identities)
	for _, o := range all {
		if strings.EqualFold(text(properties(o)["clientId"]), client) {
			return o, nil
		}
	}
	return nil, fail(http.StatusNotFound, "ResourceNotFound", "The user-assigned identity with client id '%s' was not found.", client)
}

// federate creates the federated credential for the ServiceAccount of the connection.
func (c *connection) federate(ctx context.Context) *failure {
	if !c.byIdentity() {
		return nil
	}
	i, f := c.identity()
	if f != nil {
		return f
	}
	o, err := c.Store.Get(c.cluster)
	if err != nil {
		return of(err, target{id: c.cluster})
	}
	issuer, _ := properties(o)["oidcIssuerProfile"].(store.Object)
	subject := fmt.Sprintf("system:serviceaccount:%s:sc-account-%s", c.namespace(), text(properties(i)["clientId"]))
	known, _ := c.Store.List(text(i["id"]), credentials)
	for _, k := range known {
		if p := properties(k); p["issuer"] == issuer["issuerURL"] && p["subject"] == subject {
			return nil // another connection of the identity has created it
		}
	}
	id := c.credential(i)
	if f := c.allowed(credentials+"/write", id); f != nil {
		return f
	}
	_, _, f = c.Write(ctx, id, credentials, store.Object{"properties": store.Object{
		"issuer": issuer["issuerURL"], "subject": subject, "audiences": []any{"api://AzureADTokenExchange"},
	}}, "")
	return f
}

func (c *connection) credential(identity store.Object) string {
	return text(identity["id"]) + "/federatedIdentityCredentials/sc-" + c.id[strings.LastIndex(c.id, "/")+1:]
}

// role returns the role that the identity gets at the target; false: it gets none.
func (c *connection) role() (rbac.Assignment, bool) {
	name := ""
	switch kind := strings.ToLower(c.target()) + "/"; {
	case c.part("authInfo")["authMode"] == "optOutAllAuth" || !c.byIdentity():
	case strings.Contains(kind, "/blobservices/"):
		name = "Storage Blob Data Contributor"
	case strings.Contains(kind, "/microsoft.keyvault/vaults/"):
		name = "Key Vault Secrets User"
	}
	i, f := c.identity()
	if name == "" || f != nil {
		return rbac.Assignment{}, false
	}
	return rbac.Assignment{Principal: text(properties(i)["principalId"]), Role: name, Scope: resourceOf(c.target())}, true
}

// assignRole gives the identity its role at the target.
func (c *connection) assignRole(context.Context) *failure {
	a, ok := c.role()
	if !ok {
		return nil
	}
	if f := c.allowed("Microsoft.Authorization/roleAssignments/write", a.Scope); f != nil {
		return f
	}
	c.assigned(a, true)
	return nil
}

// assigned adds the role assignment, or removes it.
func (s *Server) assigned(a rbac.Assignment, present bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []rbac.Assignment
	for _, other := range s.rules.Assignments {
		if other != a {
			all = append(all, other)
		}
	}
	if present {
		all = append(all, a)
	}
	s.rules.Assignments = all
}

// resourceOf returns the ID of the whole resource that the target is a part of.
func resourceOf(target string) string {
	words := strings.Split(target, "/")
	return strings.Join(words[:min(len(words), 9)], "/") // /subscriptions/S/resourceGroups/G/providers/P/TYPE/NAME
}
