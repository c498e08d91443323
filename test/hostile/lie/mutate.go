package lie

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
)

// Mutation is what Mutate does to a JSON value.
type Mutation struct {
	// Free is how likely a string becomes hostile that an API server does not check: messages, reasons, images, paths, annotations.
	Free float64
	// Strings is the same for all other strings.
	Strings float64
	// Keys is how likely a key of an object becomes hostile.
	Keys float64
	// Shapes is how likely a value gets another type or size.
	Shapes float64
}

// free are the keys whose strings an API server takes as they are: from kubelets, from controllers, from whoever may create the object.
var free = map[string]bool{
	"message": true, "reason": true, "image": true, "imageID": true, "providerID": true, "osImage": true, "kernelVersion": true,
	"containerRuntimeVersion": true, "kubeletVersion": true, "path": true, "value": true, "args": true, "command": true, "component": true,
	"host": true, "hostname": true, "holderIdentity": true, "address": true, "names": true, "annotations": true, "data": true,
	"username": true,
}

// Mutate returns value, as json.Unmarshal makes it, with changes at random. It does not change value itself.
func (m Mutation) Mutate(r *rand.Rand, value any) any { return m.mutate(r, "", value) }

func (m Mutation) mutate(r *rand.Rand, key string, value any) any {
	if r.Float64() < m.Shapes {
		return shape(r, value)
	}
	switch v := value.(type) {
	case map[string]any:
		next := make(map[string]any, len(v))
		for _, k := range sorted(v) {
			name, under := k, k
			if free[key] {
				under = key // of an annotation, any key is free
			}
			if r.Float64() < m.Keys {
				name = Word(r)
			}
			next[name] = m.mutate(r, under, v[k])
		}
		return next
	case []any:
		next := make([]any, len(v))
		for i := range v {
			next[i] = m.mutate(r, key, v[i])
		}
		return next
	case string:
		chance := m.Strings
		if free[key] {
			chance = max(chance, m.Free)
		}
		if isTime.MatchString(v) {
			chance /= 20 // with a wrong time the whole object cannot be read
		}
		if key == "apiVersion" || key == "kind" || r.Float64() >= chance {
			return v
		}
		if r.IntN(4) == 0 {
			return v + Word(r)
		}
		return Word(r)
	}
	return value
}

var isTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT`)

// Weaker returns a mutation that changes a third as much.
func (m Mutation) Weaker() Mutation {
	return Mutation{Free: m.Free / 3, Strings: m.Strings / 3, Keys: m.Keys / 3, Shapes: m.Shapes / 3}
}

// shape returns another value in value's place.
func shape(r *rand.Rand, value any) any {
	switch r.IntN(10) {
	case 0:
		return nil
	case 1:
		return float64(-1)
	case 2:
		return 1e18
	case 3:
		return Word(r)
	case 4:
		return []any{value, value}
	case 5:
		return map[string]any{Word(r): value}
	case 6:
		return []any{}
	case 7:
		return map[string]any{}
	case 8:
		if list, ok := value.([]any); ok && len(list) > 0 {
			return slices.Repeat(list, min(1000, 20000/len(list)))
		}
		return strings.Repeat("x", 20000)
	}
	deep := value
	for range 1 + r.IntN(60) {
		deep = []any{deep}
	}
	return deep
}

// sorted returns the keys in a fixed order, so that a seed always gives the same mutations.
func sorted(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
