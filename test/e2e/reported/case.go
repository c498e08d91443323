package reported

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/test/e2e/faults"
)

// A Case is a set-up that someone reported, for one of the doctors. README.md describes its fields.
type Case struct {
	Name   string   `json:"-"` // of its file
	Batch  string   `json:"batch"`
	Source string   `json:"source"`
	Report string   `json:"report"`
	Kind   Kind     `json:"kind"`
	Target string   `json:"target"`
	Args   []string `json:"args"`
	Wait   string   `json:"wait"`
	Inject []Step   `json:"inject"`
	Clear  []Step   `json:"clear"`
	Expect string   `json:"expect"`
	Wrong  string   `json:"wrong"`
	Why    string   `json:"why"`
	// Pending is why the doctor is not right about it yet; empty: it is.
	Pending string `json:"pending"`

	objects []string // in YAML, with $NAMESPACE and certificates to be filled in
}

// Kind is whether something is broken.
type Kind string

// The kinds.
const (
	Fault   Kind = "fault"
	Healthy Kind = "healthy"
)

// A Step runs a shell command on machines of the lab.
type Step struct {
	Machine string `json:"machine"`
	Run     string `json:"run"`
}

// Machines are where steps run: those of the lab, both nodes, or here.
func Machines() []string {
	return []string{
		"node0", "node1", "nodes", "control-plane", "client", "switch", "azure", "appliance", "loadbalancer", "here",
	}
}

// Rollout is the wait until deployment/web is rolled out.
const Rollout = "rollout"

// Cases returns the cases of a doctor, such as "insideout", sorted by their names.
func Cases(doctor string) ([]Case, error) {
	entries, err := files.ReadDir(doctor)
	if err != nil {
		return nil, err
	}
	var all []Case
	for _, e := range entries {
		content, err := files.ReadFile(path.Join(doctor, e.Name()))
		if err != nil {
			return nil, err
		}
		c, err := parse(doctor, string(content))
		if err != nil {
			return nil, fmt.Errorf("%s/%s: %w", doctor, e.Name(), err)
		}
		c.Name = strings.TrimSuffix(e.Name(), ".yaml")
		all = append(all, c)
	}
	return all, nil
}

func parse(doctor, content string) (c Case, err error) {
	documents := strings.Split(strings.TrimPrefix(content, "---\n"), "\n---\n")
	if err := yaml.UnmarshalStrict([]byte(documents[0]), &c); err != nil {
		return c, err
	}
	c.objects = documents[1:]
	if doctor == "insideout" {
		c.Target, c.Wait = cmp.Or(c.Target, "svc/web"), cmp.Or(c.Wait, Rollout)
	}
	c.Wait = cmp.Or(c.Wait, "0s")
	_, wait := time.ParseDuration(c.Wait)
	_, expect := regexp.Compile(c.Expect)
	_, wrong := regexp.Compile(c.Wrong)
	steps := slices.Concat(c.Inject, c.Clear)
	switch {
	case c.Batch == "" || c.Source == "" || c.Report == "" || c.Why == "":
		return c, errors.New("batch, source, report or why is missing")
	case c.Kind != Fault && c.Kind != Healthy:
		return c, fmt.Errorf("kind %q", c.Kind)
	case c.Kind == Fault && c.Expect == "" || c.Kind == Healthy && c.Expect+c.Wrong != "":
		return c, errors.New("a fault has expect, a healthy set-up has not")
	case slices.ContainsFunc(steps, func(s Step) bool { return !slices.Contains(Machines(), s.Machine) || s.Run == "" }):
		return c, errors.New("a step without a command, or on a machine that is not known")
	case c.Wait == Rollout:
		wait = nil
	}
	return c, errors.Join(wait, expect, wrong)
}

var placeholder = regexp.MustCompile(`\$(CERT|KEY)\(([^)]*)\)`)

// An Object is a Kubernetes object in YAML. Namespace is empty where the object has none.
type Object struct{ YAML, Namespace, Name string }

// Arguments returns Args with the name of the namespace filled in.
func (c Case) Arguments(namespace string) []string {
	args := slices.Clone(c.Args)
	for i, a := range args {
		args[i] = strings.ReplaceAll(a, "$NAMESPACE", namespace)
	}
	return args
}

// Objects returns the objects for the namespace of the case.
func (c Case) Objects(namespace string) ([]Object, error) {
	pairs := map[string][2]string{}
	var failed error
	fill := func(text string) string {
		return placeholder.ReplaceAllStringFunc(text, func(found string) string {
			m := placeholder.FindStringSubmatch(found)
			pair, ok := pairs[m[2]]
			if !ok {
				cert, key, err := faults.Certificate(m[2], 90*24*time.Hour)
				failed = errors.Join(failed, err)
				pair = [2]string{base64.StdEncoding.EncodeToString(cert), base64.StdEncoding.EncodeToString(key)}
				pairs[m[2]] = pair
			}
			if m[1] == "CERT" {
				return pair[0]
			}
			return pair[1]
		})
	}
	var all []Object
	for i, o := range c.objects {
		text := fill(strings.ReplaceAll(o, "$NAMESPACE", namespace))
		var head struct {
			Kind     string `json:"kind"`
			Metadata struct{ Name, Namespace string }
		}
		if err := yaml.Unmarshal([]byte(text), &head); err != nil || head.Kind == "" || head.Metadata.Name == "" {
			return nil, fmt.Errorf("%s: object %d: no kind or name: %w", c.Name, i+1, err)
		}
		all = append(all, Object{text, head.Metadata.Namespace, head.Metadata.Name})
	}
	return all, failed
}

// Matches reports whether the verdict on a fault, or what was printed instead of a verdict, names what the case expects.
func (c Case) Matches(v check.Verdict, printed string) bool {
	text := strings.Join([]string{v.Code, v.Name, v.Summary, v.Cause}, " ")
	if v.Status == "" {
		text = printed
	}
	matches := func(expression string) bool {
		return expression != "" && regexp.MustCompile(expression).MatchString(text)
	}
	return matches(c.Expect) && !matches(c.Wrong)
}
