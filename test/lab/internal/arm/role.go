package arm

import (
	"context"
	"net/http"
	"slices"
)

// rules are those of the program's package rbac; what is not changed here is kept as it is.
type rules struct {
	Roles       []any        `json:"roles"`
	Assignments []assignment `json:"assignments"`
	Denials     []any        `json:"denials"`
}

type assignment struct {
	Principal string `json:"principal"`
	Role      string `json:"role"`
	Scope     string `json:"scope"`
}

// CloudProvider is the name of the service principal of the cluster, as which the cloud provider signs in.
const CloudProvider = "aks-cloud-provider"

// Principal returns the client ID and the secret of the service principal of the name. It creates the principal if there is none.
func Principal(ctx context.Context, name string) (client, secret string, err error) {
	var p principal
	err = Decode(ctx, http.MethodPost, "/principals/"+name, nil, &p)
	return p.ClientID, p.Secret, err
}

// Assign gives the service principal of the name a role on the scope. It creates the principal if there is none.
func Assign(ctx context.Context, name, role, scope string) error {
	return change(ctx, name, func(object string, all []assignment) []assignment {
		return append(all, assignment{object, role, scope})
	})
}

// Unassign takes all roles from the service principal.
func Unassign(ctx context.Context, name string) error {
	return change(ctx, name, func(object string, all []assignment) []assignment {
		return slices.DeleteFunc(all, func(a assignment) bool { return a.Principal == object })
	})
}

func change(ctx context.Context, name string, f func(object string, all []assignment) []assignment) error {
	var p principal
	if err := Decode(ctx, http.MethodPost, "/principals/"+name, nil, &p); err != nil {
		return err
	}
	var r rules
	if err := Decode(ctx, http.MethodGet, "/rules", nil, &r); err != nil {
		return err
	}
	r.Assignments = f(p.ObjectID, r.Assignments)
	_, err := Do(ctx, http.MethodPut, "/rules", r)
	return err
}
