package server

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// balancerParts are the parts of a load balancer that know which rules refer to them: by their collections, the properties of a rule that
// refer to them.
var balancerParts = map[string][]string{
	"frontendIPConfigurations": {"frontendIPConfiguration", "frontendIPConfigurations"},
	"backendAddressPools":      {"backendAddressPool", "backendAddressPools"},
	"probes":                   {"probe"},
}

// deriveBalancer adds to the parts of a load balancer the rules that refer to them, and to its pools of NICs their addresses.
func deriveBalancer(o store.Object) {
	properties, _ := o["properties"].(store.Object)
	nicPools(objects(properties["backendAddressPools"]))
	for part, names := range balancerParts {
		for _, p := range objects(properties[part]) {
			for _, rules := range []string{"loadBalancingRules", "outboundRules"} {
				var refs []any
				for _, r := range objects(properties[rules]) {
					if refersTo(r, names, fmt.Sprint(p["id"])) {
						refs = append(refs, store.Object{"id": r["id"]})
					}
				}
				setProperty(p, rules, refs)
			}
		}
	}
}

// refersTo reports whether one of the rule's properties is a reference to the ID, or a list with one.
func refersTo(rule store.Object, properties []string, id string) bool {
	p, _ := rule["properties"].(store.Object)
	for _, name := range properties {
		refs := objects(p[name])
		if one, ok := p[name].(store.Object); ok {
			refs = append(refs, one)
		}
		for _, r := range refs {
			if strings.EqualFold(fmt.Sprint(r["id"]), id) {
				return true
			}
		}
	}
	return false
}

// derivePart adds to a part of a load balancer what deriveBalancer adds to it there.
func (s *Server) derivePart(o store.Object) {
	id, _ := o["id"].(string)
	words := strings.Split(id, "/")
	if len(words) < 3 {
		return
	}
	balancer, err := s.Store.Get(strings.Join(words[:len(words)-2], "/"))
	if err != nil {
		return
	}
	deriveBalancer(balancer)
	properties, _ := balancer["properties"].(store.Object)
	for part := range balancerParts {
		for _, p := range objects(properties[part]) {
			if p["id"] == o["id"] {
				o["properties"] = p["properties"]
			}
		}
	}
}

// user returns the ID of the frontend that has the public address of the ID, or "".
func (s *Server) user(id string) string {
	balancers, _ := s.Store.List("", "Microsoft.Network/loadBalancers")
	for _, b := range balancers {
		properties, _ := b["properties"].(store.Object)
		for _, f := range objects(properties["frontendIPConfigurations"]) {
			if refersTo(f, []string{"publicIPAddress"}, id) {
				return fmt.Sprint(f["id"])
			}
		}
	}
	return ""
}

// inUse returns the failure for the deletion of a public address that a load balancer has, or nil.
func (s *Server) inUse(t target) *failure {
	if !strings.EqualFold(t.kind, "Microsoft.Network/publicIPAddresses") {
		return nil
	}
	user := s.user(t.id)
	if user == "" {
		return nil
	}
	return fail(http.StatusBadRequest, "PublicIPAddressCannotBeDeleted", "Public IP address %s can not be deleted since it is still "+
		"allocated to resource %s. In order to delete the public IP, disassociate/detach the Public IP address from the resource. "+
		"To learn how to do "+
		"this, see aka.ms/deletepublicip.", t.id, user)
}

// readOnly removes from a body what only Azure sets: the provisioning states of the resource and of its parts.
func readOnly(body store.Object) {
	properties, _ := body["properties"].(store.Object)
	delete(properties, "provisioningState")
	for _, list := range properties {
		for _, part := range objects(list) {
			p, _ := part["properties"].(store.Object)
			delete(p, "provisioningState")
		}
	}
}
