package server

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// The types of scale sets and of their machines, in lower case.
const (
	scaleSets = "microsoft.compute/virtualmachinescalesets"
	machines  = scaleSets + "/virtualmachines"
)

// merge adds to the body what the resource has and the body does not: a scale set and its machines keep what a PUT leaves out.
func merge(body, before store.Object) {
	for key, was := range before {
		switch now := body[key].(type) {
		case nil:
			body[key] = was
		case store.Object:
			if object, ok := was.(store.Object); ok {
				merge(now, object)
			}
		}
	}
}

// fill sets the NICs that are members of the pools, which their machines' configurations name.
func (s *Server) fill(pools []store.Object, balancer string) {
	for _, p := range pools {
		properties, ok := p["properties"].(store.Object)
		if !ok {
			properties = store.Object{}
			p["properties"] = properties
		}
		var given []any // by the one who writes, not by nicPools
		for _, a := range objects(properties["loadBalancerBackendAddresses"]) {
			if of, _ := a["properties"].(store.Object); of["networkInterfaceIPConfiguration"] == nil {
				given = append(given, a)
			}
		}
		setProperty(p, "loadBalancerBackendAddresses", given)
		id := fmt.Sprintf("%s/backendAddressPools/%s", balancer, p["name"])
		setProperty(p, "backendIPConfigurations", s.membersOf(id))
	}
}

// membersOf returns references to the IP configurations that are members of the pool of the ID.
func (s *Server) membersOf(pool string) []any {
	var refs []any
	all, _ := s.Store.List("", machines) // of such a kind there is no parent that could be missing
	for _, vm := range all {
		properties, _ := vm["properties"].(store.Object)
		profile, _ := properties["networkProfileConfiguration"].(store.Object)
		for _, nic := range objects(profile["networkInterfaceConfigurations"]) {
			p, _ := nic["properties"].(store.Object)
			for _, c := range objects(p["ipConfigurations"]) {
				if refersTo(c, []string{"loadBalancerBackendAddressPools"}, pool) {
					refs = append(refs, store.Object{"id": fmt.Sprintf("%s/networkInterfaces/%s/ipConfigurations/%s", vm["id"], nic["name"], c["name"])})
				}
			}
		}
	}
	return refs
}

// refill writes the members of all pools anew, after a machine has changed.
func (s *Server) refill() error {
	all, _ := s.Store.List("", "Microsoft.Network/loadBalancers") // of such a kind there is no parent that could be missing
	for _, b := range all {
		properties, _ := b["properties"].(store.Object)
		pools := objects(properties["backendAddressPools"])
		before := fmt.Sprint(pools)
		s.fill(pools, fmt.Sprint(b["id"]))
		if before == fmt.Sprint(pools) {
			continue
		}
		if _, _, err := s.Store.Put(fmt.Sprint(b["id"]), b, ""); err != nil {
			return err
		}
	}
	return nil
}

// nicPools adds to a pool of NICs the addresses that Azure shows there, which name the NICs instead.
func nicPools(pools []store.Object) {
	for _, p := range pools {
		properties, _ := p["properties"].(store.Object)
		var addresses []any
		for _, c := range objects(properties["backendIPConfigurations"]) {
			words := strings.Split(fmt.Sprint(c["id"]), "/")
			addresses = append(addresses, store.Object{
				"name":       strings.Join(words[max(0, len(words)-7):], "_"),
				"properties": store.Object{"networkInterfaceIPConfiguration": store.Object{"id": c["id"]}},
			})
		}
		if len(addresses) > 0 {
			properties["loadBalancerBackendAddresses"] = addresses
		}
	}
}
