package server

import (
	"encoding/json"
	"strings"

	"github.com/akstools/akstools/test/lab/arm/internal/seed"
	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// assign adds to the body of a resource what Azure gives it: addresses, which it keeps, default rules, members of pools, and what a PUT may
// leave out. before is the resource as it is, nil if it is new.
func (s *Server) assign(id, kind string, body, before store.Object) *failure {
	properties, ok := body["properties"].(store.Object)
	if !ok {
		return nil
	}
	switch strings.ToLower(kind) {
	case strings.ToLower(identities):
		s.assignIdentity(properties, before)
	case strings.ToLower(credentials):
		return s.checkCredential(id, properties, before)
	case "microsoft.network/publicipaddresses":
		s.assignPublic(body, properties, before)
	case "microsoft.network/loadbalancers":
		for _, f := range objects(properties["frontendIPConfigurations"]) {
			if fail := s.assignPrivate(body, f, before); fail != nil {
				return fail
			}
		}
		s.fill(objects(properties["backendAddressPools"]), id)
	case "microsoft.network/loadbalancers/backendaddresspools":
		balancer, _, _ := strings.Cut(id, "/backendAddressPools/")
		body["name"] = strings.TrimPrefix(id, balancer+"/backendAddressPools/")
		s.fill([]store.Object{body}, balancer)
	case scaleSets, machines:
		taken := takenIdentities(body)
		merge(body, before)
		for _, id := range taken {
			delete(userAssigned(body), id)
		}
	case "microsoft.network/networksecuritygroups":
		if properties["defaultSecurityRules"] == nil {
			properties["defaultSecurityRules"] = defaultRules()
		}
	}
	return nil
}

func defaultRules() (rules []any) {
	b, err := json.Marshal(seed.DefaultRules())
	if err == nil {
		err = json.Unmarshal(b, &rules)
	}
	if err != nil {
		panic(err) // the rules are constant
	}
	return rules
}

// objects returns the members of a list that are objects.
func objects(list any) []store.Object {
	var all []store.Object
	members, _ := list.([]any)
	for _, m := range members {
		if o, ok := m.(store.Object); ok {
			all = append(all, o)
		}
	}
	return all
}

// userAssigned returns the identities that are assigned to a machine or a scale set, by their IDs; nil if there are none.
func userAssigned(o store.Object) store.Object {
	identity, _ := o["identity"].(store.Object)
	users, _ := identity["userAssignedIdentities"].(store.Object)
	return users
}

// takenIdentities returns the IDs of those that a PUT takes away, by null.
func takenIdentities(body store.Object) (ids []string) {
	for id, value := range userAssigned(body) {
		if value == nil {
			ids = append(ids, id)
		}
	}
	return ids
}
