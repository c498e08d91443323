package lie

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

//go:embed world.yaml
var worldText []byte

// object is an object as json.Unmarshal makes it.
type object = map[string]any

// world is the objects of the cluster by resource, such as "pods" or "deployments.apps".
type world map[string][]object

// newWorld returns the objects of world.yaml, each with a UID and a resource version.
func newWorld() (world, error) {
	w := world{}
	text := bytes.ReplaceAll(worldText, []byte("CANARY"), []byte(Canary))
	text = bytes.ReplaceAll(text, []byte("SECRET"), []byte(base64.StdEncoding.EncodeToString([]byte(Canary))))
	var all []object
	if err := yaml.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("world.yaml: %w", err)
	}
	for i, o := range all {
		version, _ := o["apiVersion"].(string)
		kind, _ := o["kind"].(string)
		gv, err := schema.ParseGroupVersion(version)
		if err != nil || kind == "" {
			return nil, fmt.Errorf("object %d of world.yaml has no kind", i+1)
		}
		identify(o, i+1)
		many, _ := meta.UnsafeGuessKindToResource(gv.WithKind(kind))
		resource := many.GroupResource().String()
		w[resource] = append(w[resource], o)
	}
	return w, nil
}

// identify gives the object a UID and a resource version.
func identify(o object, n int) {
	m := metadata(o)
	m["uid"], m["resourceVersion"] = fmt.Sprintf("11111111-0000-0000-0000-%012d", n), fmt.Sprint(n)
	m["creationTimestamp"] = "2026-01-01T00:00:00Z"
}

func metadata(o object) object {
	m, ok := o["metadata"].(object)
	if !ok {
		m = object{}
		o["metadata"] = m
	}
	return m
}

// list returns the resource's objects in the namespace, in all if it is empty, that match the selectors. A namespace without objects
// gets those of another one.
func (w world) list(resource, namespace, labelSelector, fieldSelector string) []object {
	byLabel, err := labels.Parse(labelSelector)
	if err != nil {
		byLabel = labels.Everything()
	}
	byField, err := fields.ParseSelector(fieldSelector)
	if err != nil {
		byField = fields.Everything()
	}
	var found []object
	for _, o := range w.in(resource, namespace) {
		if byLabel.Matches(labelsOf(o)) && byField.Matches(fieldsOf(o, byField)) {
			found = append(found, o)
		}
	}
	return found
}

// in returns the resource's objects of the namespace, or, if there are none, copies of the others there.
func (w world) in(resource, namespace string) []object {
	var found []object
	for _, o := range w[resource] {
		if of, _ := metadata(o)["namespace"].(string); namespace == "" || of == namespace || of == "" {
			found = append(found, o)
		}
	}
	if len(found) > 0 || namespace == "" {
		return found
	}
	for _, o := range w[resource] {
		found = append(found, renamed(o, namespace, ""))
	}
	return found
}

// get returns the object, or a copy of another one under its name: whatever a client asks for exists. It returns nil if there is none
// of the resource.
func (w world) get(resource, namespace, name string) object {
	all := w.in(resource, namespace)
	for _, o := range all {
		if metadata(o)["name"] == name {
			return o
		}
	}
	for _, o := range all { // aksnpwin000001 is a Windows node as well
		if other, _ := metadata(o)["name"].(string); len(name) > 5 && strings.HasPrefix(other, name[:5]) {
			return renamed(o, namespace, name)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return renamed(all[0], namespace, name)
}

// renamed returns a copy of the object. An empty namespace or name is that of the object.
func renamed(o object, namespace, name string) object {
	o = maps.Clone(o)
	m := maps.Clone(metadata(o))
	o["metadata"] = m
	if namespace != "" && m["namespace"] != nil {
		m["namespace"] = namespace
	}
	if name != "" {
		m["name"] = name
	}
	return o
}

func labelsOf(o object) labels.Set {
	set := labels.Set{}
	m, _ := metadata(o)["labels"].(object)
	for k, v := range m {
		set[k] = fmt.Sprint(v)
	}
	return set
}

// fieldsOf returns those fields of the object that the selector reads.
func fieldsOf(o object, selector fields.Selector) fields.Set {
	set := fields.Set{}
	for _, r := range selector.Requirements() {
		var at any = o
		for step := range strings.SplitSeq(r.Field, ".") {
			m, _ := at.(object)
			at = m[step]
		}
		if at == nil {
			at = ""
		}
		set[r.Field] = fmt.Sprint(at)
	}
	return set
}

// clone returns a deep copy of a JSON value.
func clone[T any](value T) T {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // it came from JSON
	}
	var next T
	if err := json.Unmarshal(text, &next); err != nil {
		panic(err)
	}
	return next
}
