package server

import (
	"strings"

	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// derive adds to the body what Azure computes from other resources: who uses a network security group, a route table, a part of a load
// balancer or a public address, and where clients of a data service connect.
func (s *Server) derive(kind string, o store.Object) {
	id, _ := o["id"].(string)
	switch strings.ToLower(kind) {
	case "microsoft.network/networksecuritygroups":
		setProperty(o, "subnets", s.users(id, "networkSecurityGroup", true))
		setProperty(o, "networkInterfaces", s.users(id, "networkSecurityGroup", false))
	case "microsoft.network/routetables":
		setProperty(o, "subnets", s.users(id, "routeTable", true))
	case "microsoft.network/loadbalancers":
		deriveBalancer(o)
	case "microsoft.network/loadbalancers/backendaddresspools", "microsoft.network/loadbalancers/frontendipconfigurations",
		"microsoft.network/loadbalancers/probes":
		s.derivePart(o)
	case "microsoft.network/publicipaddresses":
		properties, ok := o["properties"].(store.Object)
		if user := s.user(id); ok && user != "" {
			properties["ipConfiguration"] = store.Object{"id": user}
		} else if ok {
			delete(properties, "ipConfiguration")
		}
	default:
		deriveEndpoint(kind, o)
	}
}

// setProperty sets a property, or removes it if there is nothing in it.
func setProperty(o store.Object, name string, value []any) {
	properties, ok := o["properties"].(store.Object)
	if !ok {
		return
	}
	if properties[name] = value; len(value) == 0 {
		delete(properties, name)
	}
}

// users returns references to the subnets, or else to the NICs, whose property names the resource of the ID.
func (s *Server) users(id, property string, subnets bool) []any {
	var candidates []store.Object
	if subnets {
		networks, _ := s.Store.List("", "Microsoft.Network/virtualNetworks")
		for _, n := range networks {
			in, _ := s.Store.List(n["id"].(string), "Microsoft.Network/virtualNetworks/subnets")
			candidates = append(candidates, in...)
		}
	} else {
		for _, kind := range []string{
			"Microsoft.Network/networkInterfaces", "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/networkInterfaces",
		} {
			found, _ := s.Store.List("", kind)
			candidates = append(candidates, found...)
		}
	}
	var refs []any
	for _, c := range candidates {
		properties, _ := c["properties"].(store.Object)
		ref, _ := properties[property].(store.Object)
		if to, _ := ref["id"].(string); strings.EqualFold(to, id) {
			refs = append(refs, store.Object{"id": c["id"]})
		}
	}
	return refs
}

// registration returns whether the subscription is registered for the namespace.
func (s *Server) registration(namespace string) string {
	if s.behaves().unregistered(namespace) {
		return "NotRegistered"
	}
	return "Registered"
}

// computed returns the answer to a request for something that is no resource of the store, such as a provider's registration or
// what is behind service tags. ok is false for all others.
func (s *Server) computed(r *request) (body any, ok bool) {
	switch strings.ToLower(r.target.kind) {
	case "microsoft.resources/subscriptions/providers":
		return map[string]any{
			"id": r.target.id, "namespace": r.target.part("providers"), "registrationState": s.registration(r.target.part("providers")),
			"registrationPolicy": "RegistrationRequired",
		}, true
	case "microsoft.authorization/roleassignments":
		if !r.target.list {
			return nil, false
		}
		return s.roleAssignments(r), true
	case "microsoft.authorization/roledefinitions":
		return s.roleDefinition(r)
	case "microsoft.insights/metrics":
		return s.metrics(r), true
	case "microsoft.network/locations/servicetags":
		o, err := s.Store.Get(
			"/subscriptions/" + r.target.part("subscriptions") + "/providers/Microsoft.Network/locations/eastus/serviceTags/public",
		)
		if err != nil {
			return map[string]any{"value": []any{}}, true
		}
		return o["properties"], true
	}
	return nil, false
}
