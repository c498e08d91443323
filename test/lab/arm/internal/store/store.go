// Package store keeps Azure resources as Resource Manager does: by ID, in whatever case the ID is written, each with an
// ETag. Rules, routes, pools and subnets are parts of their parents' bodies and have IDs of their own.
package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
)

// Object is the body of a resource as JSON has it.
type Object = map[string]any

// The errors of the store, by the codes of Resource Manager.
var (
	ErrNotFound       = errors.New("ResourceNotFound")
	ErrParentNotFound = errors.New("ParentResourceNotFound")
	ErrChanged        = errors.New("PreconditionFailed") // the resource has another ETag than the caller expects
)

// parts are the collections that are properties of their parent's body, by the lower-case type of their members.
var parts = map[string]string{
	"microsoft.network/networksecuritygroups/securityrules":        "securityRules",
	"microsoft.network/networksecuritygroups/defaultsecurityrules": "defaultSecurityRules",
	"microsoft.network/routetables/routes":                         "routes",
	"microsoft.network/virtualnetworks/subnets":                    "subnets",
	"microsoft.network/virtualnetworks/virtualnetworkpeerings":     "virtualNetworkPeerings",
	"microsoft.network/loadbalancers/backendaddresspools":          "backendAddressPools",
	"microsoft.network/loadbalancers/frontendipconfigurations":     "frontendIPConfigurations",
	"microsoft.network/loadbalancers/loadbalancingrules":           "loadBalancingRules",
	"microsoft.network/loadbalancers/outboundrules":                "outboundRules",
	"microsoft.network/loadbalancers/probes":                       "probes",
	"microsoft.network/loadbalancers/inboundnatrules":              "inboundNatRules",
	"microsoft.network/networkinterfaces/ipconfigurations":         "ipConfigurations",
}

// Store is safe for concurrent use. The zero Store is empty and ready.
type Store struct {
	mu        sync.RWMutex
	resources map[string]Object // by lower-case ID
	changes   int
	changed   chan struct{} // closed with the next change; nil: nobody waits
}

// Changed returns a channel that is closed with the next change.
func (s *Store) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

// announce tells those who wait for a change.
func (s *Store) announce() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// Get returns a copy of the resource of the ID, or ErrNotFound or ErrParentNotFound.
func (s *Store) Get(id string) (Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if o, ok := s.resources[strings.ToLower(id)]; ok {
		return clone(o), nil
	}
	_, members, i, err := s.part(id)
	if err != nil {
		return nil, err
	}
	if i < 0 {
		return nil, ErrNotFound
	}
	return clone(members[i]), nil
}

// part finds the parent of a resource that is a part of it, the parent's collection and the resource's index in it, or -1.
func (s *Store) part(id string) (parent Object, members []Object, i int, err error) {
	r, err := arm.ParseResourceID(id)
	if err != nil {
		return nil, nil, 0, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	property, ok := parts[strings.ToLower(r.ResourceType.String())]
	if !ok {
		return nil, nil, 0, ErrNotFound
	}
	if parent, ok = s.resources[strings.ToLower(r.Parent.String())]; !ok {
		return nil, nil, 0, ErrParentNotFound
	}
	members = collection(parent, property)
	i = slices.IndexFunc(members, func(o Object) bool { return strings.EqualFold(fmt.Sprint(o["name"]), r.Name) })
	return parent, members, i, nil
}

// collection returns the members of a property of the body's properties.
func collection(o Object, property string) []Object {
	properties, _ := o["properties"].(Object)
	list, _ := properties[property].([]any)
	var members []Object
	for _, m := range list {
		if member, ok := m.(Object); ok {
			members = append(members, member)
		}
	}
	return members
}

// List returns copies of the resources whose type is kind, such as Microsoft.Network/networkSecurityGroups, below the
// scope: a subscription, a resource group or a parent. They are in the order of their IDs.
func (s *Store) List(scope, kind string) ([]Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if property := parts[strings.ToLower(kind)]; property != "" {
		parent, ok := s.resources[strings.ToLower(scope)]
		if !ok {
			return nil, ErrParentNotFound
		}
		var found []Object
		for _, m := range collection(parent, property) {
			found = append(found, clone(m))
		}
		return found, nil
	}
	prefix := strings.ToLower(strings.TrimSuffix(scope, "/")) + "/"
	var ids []string
	for id := range s.resources {
		r, err := arm.ParseResourceID(id)
		if err == nil && strings.HasPrefix(id, prefix) && strings.EqualFold(r.ResourceType.String(), kind) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	var found []Object
	for _, id := range ids {
		found = append(found, clone(s.resources[id]))
	}
	return found, nil
}

// Put creates or replaces the resource and returns it as it is kept, with its ID in the case of its first writing, its
// ETag and its provisioning state. A parent that is only a name, such as a resource group of an ID, must exist. If etag
// is not empty, the resource must have it, or Put returns ErrChanged.
func (s *Store) Put(id string, body Object, etag string) (kept Object, created bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := arm.ParseResourceID(id)
	if err != nil {
		return nil, false, err
	}
	defer s.announce()
	key := strings.ToLower(id)
	body = clone(body)
	if property := parts[strings.ToLower(r.ResourceType.String())]; property != "" {
		return s.putPart(r, property, body, etag)
	}
	if err := s.parentExists(r); err != nil {
		return nil, false, err
	}
	was, existed := s.resources[key]
	if existed && etag != "" && etag != "*" && Tag(was) != etag {
		return nil, false, ErrChanged
	}
	if existed {
		id, _ = was["id"].(string)
	}
	s.complete(body, id, r)
	for kind, property := range parts {
		if strings.HasPrefix(kind, strings.ToLower(r.ResourceType.String())+"/") {
			if properties, _ := body["properties"].(Object); properties[property] == nil {
				properties[property] = []any{} // as Azure writes it
			}
			for _, m := range collection(body, property) {
				s.complete(m, fmt.Sprintf("%s/%s/%s", id, property, m["name"]), nil)
				m["type"] = r.ResourceType.String() + "/" + property
			}
		}
	}
	if s.resources == nil {
		s.resources = map[string]Object{}
	}
	s.resources[key] = body
	return clone(body), !existed, nil
}

func (s *Store) parentExists(r *arm.ResourceID) error {
	parent := r.Parent
	for parent != nil && parent.ResourceType.String() != arm.TenantResourceType.String() {
		if _, ok := s.resources[strings.ToLower(parent.String())]; ok {
			return nil
		}
		if strings.EqualFold(parent.ResourceType.String(), r.ResourceType.String()) {
			break
		}
		parent = parent.Parent
	}
	if len(s.resources) == 0 || r.ResourceType.String() == arm.SubscriptionResourceType.String() {
		return nil
	}
	return ErrParentNotFound
}

func (s *Store) putPart(r *arm.ResourceID, property string, body Object, etag string) (Object, bool, error) {
	parent, members, i, err := s.part(r.String())
	if err != nil {
		return nil, false, err
	}
	id := fmt.Sprintf("%s/%s/%s", parent["id"], property, r.Name)
	if i >= 0 {
		if etag != "" && etag != "*" && Tag(members[i]) != etag {
			return nil, false, ErrChanged
		}
		id, _ = members[i]["id"].(string)
		members[i] = body
	} else {
		members = append(members, body)
	}
	s.complete(body, id, r)
	setCollection(parent, property, members)
	s.touch(parent)
	return clone(body), i < 0, nil
}

func setCollection(o Object, property string, members []Object) {
	list := []any{}
	for _, m := range members {
		list = append(list, m)
	}
	properties, ok := o["properties"].(Object)
	if !ok {
		properties = Object{}
		o["properties"] = properties
	}
	properties[property] = list
}

// Delete removes the resource and all below it, or returns ErrNotFound.
func (s *Store) Delete(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.announce()
	key := strings.ToLower(id)
	if _, ok := s.resources[key]; !ok {
		parent, members, i, err := s.part(id)
		if err != nil || i < 0 {
			return ErrNotFound
		}
		r, _ := arm.ParseResourceID(id)
		setCollection(parent, parts[strings.ToLower(r.ResourceType.String())], slices.Delete(members, i, i+1))
		s.touch(parent)
		return nil
	}
	for other := range s.resources {
		if other == key || strings.HasPrefix(other, key+"/") {
			delete(s.resources, other)
		}
	}
	return nil
}

func clone(o Object) Object {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err) // bodies come from JSON
	}
	var c Object
	if err := json.Unmarshal(b, &c); err != nil {
		panic(err)
	}
	return c
}
