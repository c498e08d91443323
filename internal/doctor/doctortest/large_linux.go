package doctortest

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/fact"
)

// Large holds that what --save writes of large clusters can be read, at no higher cost than a hostile bundle of the size: as many targets
// as one bundle holds, and one target in whose facts by those names there are 5,000 of everything. The fixtures in dir are what they are
// made of.
func Large(t *testing.T, plugin, dir string, many ...string) {
	if testing.Short() || raceEnabled {
		t.Skip("it takes a minute, and cannot be measured with the race detector")
	}
	e := newExpensive(t, plugin, dir)
	t.Run("targets", func(t *testing.T) {
		e.run(t, true, e.targets, []string{"-v"}, []string{"-o", "json"}, []string{"-o", "yaml"})
	})
	t.Run("one target", func(t *testing.T) {
		one := e.fixtures["healthy-plain.json"]
		facts := maps.Clone(one.Facts)
		for _, name := range many {
			f := facts[name]
			f.Value = grown(f.Value, 5000)
			facts[name] = f
		}
		one.Facts = facts
		e.run(t, true, func(w io.Writer) {
			fmt.Fprintf(w, `{"bundleVersion":1,"plugin":%q,"targets":[%s]}`, plugin, jsonOf(one))
		}, []string{"-v"}, []string{"-o", "json"})
	})
}

// targets writes a bundle with all fixtures in turn, each as if it were of another target.
func (e *expensive) targets(w io.Writer) {
	names := slices.Sorted(maps.Keys(e.fixtures))
	fmt.Fprintf(w, `{"bundleVersion":1,"plugin":%q,"targets":[`, e.plugin)
	for i := range fact.MaxTargets {
		t := e.fixtures[names[i%len(names)]]
		text := jsonOf(t)
		for _, name := range []string{t.Target.Namespace, t.Target.Name} {
			if name != "" {
				text = strings.ReplaceAll(text, name, another(name, i))
			}
		}
		if i > 0 {
			fmt.Fprint(w, ",")
		}
		fmt.Fprint(w, others(text, i))
	}
	fmt.Fprint(w, "]}")
}

// grown returns the list, or the object whose members are lists, with at least n elements, each as if it were of another object.
func grown(value json.RawMessage, n int) json.RawMessage {
	var list []json.RawMessage
	if json.Unmarshal(value, &list) == nil && len(list) > 0 {
		var all []json.RawMessage
		for i := 0; len(all) < n; i++ {
			for _, element := range list {
				all = append(all, json.RawMessage(others(string(element), i)))
			}
		}
		return marshal(all)
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(value, &members) != nil || members == nil {
		return value
	}
	for name, member := range members {
		if len(member) > 0 && member[0] == '[' {
			members[name] = grown(member, n)
		}
	}
	return marshal(members)
}

func marshal(value any) json.RawMessage {
	b, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return b
}

// names matches addresses of pods and nodes, and what differs in names of pods and nodes.
var names = regexp.MustCompile(`\b10\.\d+\.\d+\.\d+\b|-[a-z0-9]{8,10}-[a-z0-9]{5}\b|-vmss[a-z0-9]{6}\b`)

// others returns the text with the i-th other name for each name, and the i-th other address for each address.
func others(text string, i int) string {
	return names.ReplaceAllStringFunc(text, func(name string) string {
		h := fnv.New32a()
		fmt.Fprint(h, name, i)
		n := h.Sum32()
		switch {
		case strings.HasPrefix(name, "10."):
			return fmt.Sprintf("10.%d.%d.%d", byte(n>>16), byte(n>>8), byte(n))
		case strings.HasPrefix(name, "-vmss"):
			return "-vmss" + another("123456", int(n))
		}
		return "-" + another("1234567890", int(n)) + "-" + another("12345", int(n>>8))
	})
}

// another returns a name of the same length that differs for each i.
func another(name string, i int) string {
	const letters = "bcdfghjklmnpqrstvwxz2456789"
	h := fnv.New64a()
	fmt.Fprint(h, name, i)
	n := h.Sum64()
	b := []byte(name)
	for at := range b {
		b[at] = letters[n%uint64(len(letters))]
		if n /= uint64(len(letters)); n == 0 {
			fmt.Fprint(h, at)
			n = h.Sum64()
		}
	}
	return string(b)
}
