package server

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// assignPublic gives a public address its address, and the DNS name of its label.
func (s *Server) assignPublic(body, properties, before store.Object) {
	for name, otherwise := range map[string]any{
		"publicIPAddressVersion": "IPv4", "publicIPAllocationMethod": "Static", "idleTimeoutInMinutes": 4,
	} {
		if properties[name] == nil {
			properties[name] = otherwise
		}
	}
	if was, _ := before["properties"].(store.Object); was["ipAddress"] != nil && properties["ipAddress"] == nil {
		properties["ipAddress"] = was["ipAddress"]
	}
	if properties["ipAddress"] == nil && s.Public.IsValid() {
		if a := s.freePublic(); a.IsValid() {
			properties["ipAddress"] = a.String()
		}
	}
	if dns, ok := properties["dnsSettings"].(store.Object); ok && dns["domainNameLabel"] != nil {
		dns["fqdn"] = fmt.Sprintf("%s.%s.cloudapp.azure.com", dns["domainNameLabel"], body["location"])
	}
}

// freePublic returns the address after the one that was given last that nobody has.
func (s *Server) freePublic() netip.Addr {
	var used []string
	all, _ := s.Store.List("", "Microsoft.Network/publicIPAddresses") // of such a kind there is no parent that could be missing
	for _, o := range all {
		properties, _ := o["properties"].(store.Object)
		used = append(used, fmt.Sprint(properties["ipAddress"]))
	}
	next := s.lastPublic
	if !next.IsValid() {
		next = s.Public.Addr()
		for range 99 { // tests have addresses of their own below
			next = next.Next()
		}
	}
	for range 256 {
		if next = next.Next(); !s.Public.Contains(next) {
			next = s.Public.Addr().Next()
		}
		if last := next.As4()[3]; last != 0 && last != 255 && !slices.Contains(used, next.String()) {
			s.lastPublic = next
			return next
		}
	}
	return netip.Addr{}
}

// assignPrivate gives a frontend in a subnet an address of it. As Azure does, it keeps the first four and the last to itself.
func (s *Server) assignPrivate(body, frontend, before store.Object) *failure {
	properties, ok := frontend["properties"].(store.Object)
	if !ok {
		return nil
	}
	if properties["privateIPAllocationMethod"] == nil {
		properties["privateIPAllocationMethod"] = "Dynamic"
	}
	ref, _ := properties["subnet"].(store.Object)
	subnet := fmt.Sprint(ref["id"])
	if ref == nil {
		return nil
	}
	prefix, err := s.prefix(subnet)
	if err != nil {
		return fail(http.StatusBadRequest, "InvalidResourceReference", "Resource %s referenced by resource %s was not found. "+
			"Please make sure that the referenced resource exists, and that both resources are in the same region.", subnet, body["id"])
	}
	was := ""
	if p, _ := before["properties"].(store.Object); p != nil {
		for _, f := range objects(p["frontendIPConfigurations"]) {
			if had, _ := f["properties"].(store.Object); strings.EqualFold(fmt.Sprint(f["name"]), fmt.Sprint(frontend["name"])) {
				was, _ = had["privateIPAddress"].(string)
			}
		}
	}
	wanted, _ := properties["privateIPAddress"].(string)
	used := s.privateAddresses()
	switch {
	case wanted != "" && wanted == was:
		return nil
	case wanted == "" && was != "":
		properties["privateIPAddress"] = was
		return nil
	case wanted != "":
		a, err := netip.ParseAddr(wanted)
		if err != nil || !prefix.Contains(a) {
			return fail(http.StatusBadRequest, "PrivateIPAddressNotInSubnet",
				"Private static IP address %s does not belong to the range of subnet prefix %s.", wanted, prefix)
		}
		if user, ok := used[a]; ok {
			return fail(http.StatusBadRequest, "PrivateIPAddressInUse",
				"IP configuration %s is using the private IP address %s which is already allocated to resource %s.", frontend["name"], wanted, user)
		}
		return nil
	}
	for a := nth(prefix.Addr(), 4); prefix.Contains(a.Next()); a = a.Next() {
		if _, ok := used[a]; !ok {
			properties["privateIPAddress"] = a.String()
			return nil
		}
	}
	return fail(http.StatusBadRequest, "SubnetIsFull", "Subnet %s with address prefix %s does not have enough capacity for 1 IP addresses.",
		subnet, prefix)
}

func nth(a netip.Addr, n int) netip.Addr {
	for range n {
		a = a.Next()
	}
	return a
}

// prefix returns the range of the subnet of the ID.
func (s *Server) prefix(subnet string) (netip.Prefix, error) {
	o, err := s.Store.Get(subnet)
	if err != nil {
		return netip.Prefix{}, err
	}
	properties, _ := o["properties"].(store.Object)
	text, _ := properties["addressPrefix"].(string)
	if list, _ := properties["addressPrefixes"].([]any); text == "" && len(list) > 0 {
		text = fmt.Sprint(list[0])
	}
	return netip.ParsePrefix(text)
}

// privateAddresses returns who has which private address.
func (s *Server) privateAddresses() map[netip.Addr]string {
	used := map[netip.Addr]string{}
	for _, a := range s.Reserved {
		used[a] = "of the lab"
	}
	for kind, property := range map[string]string{
		"Microsoft.Network/networkInterfaces":                                         "ipConfigurations",
		"Microsoft.Compute/virtualMachineScaleSets/virtualMachines/networkInterfaces": "ipConfigurations",
		"Microsoft.Network/loadBalancers":                                             "frontendIPConfigurations",
	} {
		all, _ := s.Store.List("", kind)
		for _, o := range all {
			properties, _ := o["properties"].(store.Object)
			for _, c := range objects(properties[property]) {
				p, _ := c["properties"].(store.Object)
				if a, err := netip.ParseAddr(fmt.Sprint(p["privateIPAddress"])); err == nil {
					used[a] = fmt.Sprint(o["id"])
				}
			}
		}
	}
	return used
}
