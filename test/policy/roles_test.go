package policy

import (
	"maps"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/plugins/connectordoctor"
	"github.com/akstools/akstools/plugins/insideout"
	"github.com/akstools/akstools/plugins/tunneldoctor"
)

// role is a generated ClusterRole, or a Role if it has a namespace.
type role struct {
	name, namespace string
	rules           []rbacv1.PolicyRule
	// about says to bind it where, and what it grants beyond what its rules seem to.
	about string
	// secrets reports whether it grants Secrets, as its about tells.
	secrets bool
}

// What roles grant, as administrators must know before they bind them.
const (
	isRoot = "This is root on the nodes: whoever is bound to it can create a privileged pod on any node, if the namespace admits such pods. " +
		"It may enter all pods of the namespace, and a pod that it creates can read the namespace's Secrets and use its service accounts."
	enters = "It may enter all pods of the namespace and connect to them, and a pod that it creates can read the namespace's Secrets and " +
		"use its service accounts. This is root on the nodes if the namespace admits privileged pods."
)

// aksnodeRoles are the roles for aksnode.
func aksnodeRoles() []role {
	pods := fact.Rule("", "pods", "list")
	nodePods := slices.Concat(nodepod.Rights("", true), nodepod.ConnectRights(""), jobpod.OptionalRights(""),
		[]kube.Right{
			{Group: "batch", Verb: "list", Resource: "jobs"},
			{Group: rbacv1.GroupName, Verb: "list", Resource: "rolebindings"},
		})
	return []role{
		{
			name:  "aksnode-read",
			rules: []rbacv1.PolicyRule{fact.Rule("", "nodes", "get", "list"), fact.Rule("coordination.k8s.io", "leases", "get")},
			about: "Bind it for the cluster. It reads nodes and leases, and nothing else: a node's lease tells at once that its kubelet is " +
				"silent, the node itself only after 40 seconds.",
		},
		{
			name: "aksnode-node-pods", rules: kube.Rules(nodePods),
			about: isRoot + " Bind it in the namespace of the node pods, which is the current one. pods/portforward is for OpenSSH, proxy and " +
				"forward on Linux nodes, and makes cp faster. Creating pods, which whoever creates Jobs can do anyway, is for the dry run that " +
				"finds the policy that denies the pod. Events show why a pod does not start. Listing jobs is for cleanup, " +
				"listing rolebindings for a warning if others may exec into the pods: while a node pod runs, they are root on the node too, so " +
				"bind this in a namespace of its own, and use that with -n. logs --via-kubelet needs permission " +
				"to get nodes/proxy, which no role here grants, as it allows everything on a node.",
		},
		{
			name: "aksnode-images", namespace: metav1.NamespaceSystem, rules: []rbacv1.PolicyRule{pods},
			about: "Bind it in kube-system. It reads the pods there. Without it, an image must be pulled, as none is known to be on the node, " +
				"and hops with a tunnel agent are not preferred.",
		},
		{
			name: "aksnode-cleanup",
			rules: []rbacv1.PolicyRule{
				fact.Rule("batch", "jobs", "list", "delete"), fact.Rule("", "pods", "list", "delete"),
			},
			about: "It may delete all pods and Jobs, and read all pods with their environment, of the namespace, or of the cluster if it is " +
				"bound for the cluster. Only cleanup needs it, for pods of kubectl debug and in all namespaces: " +
				"`cleanup -n NAMESPACE` of node pods needs aksnode-node-pods only.",
		},
	}
}

// roles are the roles for the doctor, from the facts that its checks need.
func (d doctor) roles() []role {
	p := d.permissions()
	read := role{name: d.name + "-read", rules: append(p.Access, d.also...)}
	probe := role{name: d.name + "-probe", rules: p.Create}
	optional := ""
	switch d.name {
	case insideout.Name:
		read.about = "Bind it for the cluster. It reads the logs of all pods, and their specs with the environment."
		probe.about = enters + " It may delete every Job of the namespace. Bind it in the namespaces of the Services. --no-probe does without it."
	case tunneldoctor.Name:
		read.about = "Bind it for the cluster. It reads no Secret, no ConfigMap, no pod and no log."
		probe.about = isRoot + " It may delete every Job of the namespace, and create ConfigMaps. Bind it in the current namespace. " +
			"--no-create needs only the permissions to create configmaps and pods, for dry runs."
		optional = "With it, tunneldoctor tests exec with a terminal in running pods; nothing is run in them. Whoever is bound to it may enter " +
			"all pods of the namespace, privileged ones among them: it amounts to root on every node."
	case connectordoctor.Name:
		read.about = "Bind it for the cluster. It reads no Secret, no ConfigMap and no log, and the specs of workloads and pods " +
			"with their environment. `kubectl connectordoctor rbac CONNECTION` prints the optional Role to read the keys of a connection's Secret."
		probe.about = enters + " It may delete every Job of the namespace. Bind it in the namespaces of the connections. Only validate needs it."
		optional = "It tells whether an operation of Helm was interrupted. Only labels are requested, but Kubernetes cannot grant these alone: " +
			"it can read the values of all Secrets there, those of connections among them, which Helm keeps."
	}
	roles := []role{read}
	for _, namespace := range slices.Sorted(maps.Keys(p.AccessIn)) {
		rules := p.AccessIn[namespace]
		about := "Bind it in " + namespace + "."
		if slices.ContainsFunc(rules, func(r rbacv1.PolicyRule) bool { return r.Resources[0] == "pods/log" }) {
			about += " It reads the logs of all pods there, and their specs with the environment."
		}
		roles = append(roles, role{name: read.name, namespace: namespace, rules: rules, about: about})
	}
	for _, namespace := range slices.Sorted(maps.Keys(p.OptionalIn)) {
		r := role{
			name: d.name + "-optional", namespace: namespace, rules: p.OptionalIn[namespace],
			about: "Optional. Bind it in " + namespace + ". " + optional,
		}
		r.secrets = r.grants("secrets", "get", "list")
		roles = append(roles, r)
	}
	if len(probe.rules) > 0 {
		roles = append(roles, probe)
	}
	if len(d.apart) > 0 {
		roles = append(roles, role{
			name: d.name + "-capture", rules: needed(d.apart).Create,
			about: isRoot + " It may delete every Job of the namespace. Bind it for `kubectl insideout capture`, with insideout-read, in the " +
				"Service's namespace and in that of --node-namespace: whoever captures packets sees what the pods of those nodes send and receive.",
		})
	}
	if d.name == tunneldoctor.Name {
		roles = append(roles, role{
			name: d.name + "-logs", rules: []rbacv1.PolicyRule{fact.Rule("", "pods", "get"), fact.Rule("", "pods/log", "get")},
			about: "It reads the logs of all pods of the namespace, and their specs with the environment. Bind it, with tunneldoctor-probe, in " +
				"the namespaces for which `kubectl tunneldoctor logs` is wanted.",
		})
	}
	return roles
}

// permissions are those that the facts need that the doctor's checks need.
func (d doctor) permissions() fact.Permissions { return needed(d.checks) }

// needed are the permissions that the facts need that the checks need.
func needed(checks []*check.Check) fact.Permissions {
	var needs []check.Need
	for _, c := range checks {
		needs = append(needs, c.Needs...)
	}
	return fact.Rules(needs)
}

// merged puts the verbs of each resource together, in a stable order.
func merged(all []rbacv1.PolicyRule) []rbacv1.PolicyRule {
	byKey := map[string]*rbacv1.PolicyRule{}
	for _, r := range all {
		key := strings.Join(slices.Concat(r.APIGroups, r.Resources, r.ResourceNames), "/")
		if byKey[key] == nil {
			byKey[key] = &rbacv1.PolicyRule{APIGroups: r.APIGroups, Resources: r.Resources, ResourceNames: r.ResourceNames}
		}
		byKey[key].Verbs = append(byKey[key].Verbs, r.Verbs...)
	}
	var list []rbacv1.PolicyRule
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		r := *byKey[key]
		slices.Sort(r.Verbs)
		r.Verbs = slices.Compact(r.Verbs)
		list = append(list, r)
	}
	return list
}

// written is the roles as YAML, each with what it is about.
func written(t *testing.T, roles []role) []byte {
	t.Helper()
	text := "# generated by `make generate`\n"
	for i, r := range roles {
		meta := metav1.ObjectMeta{Name: r.name, Namespace: r.namespace}
		var object any = &rbacv1.ClusterRole{
			TypeMeta:   metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "ClusterRole"},
			ObjectMeta: meta, Rules: merged(r.rules),
		}
		if r.namespace != "" {
			object = &rbacv1.Role{
				TypeMeta:   metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "Role"},
				ObjectMeta: meta, Rules: merged(r.rules),
			}
		}
		b, err := yaml.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			text += "---\n"
		}
		text += comment(r.about) + string(b)
	}
	return []byte(text)
}

// comment returns the text as lines of a YAML comment.
func comment(text string) string {
	var b strings.Builder
	line := "#"
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > 120 {
			b.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	return b.String() + line + "\n"
}

// allRoles are the generated roles of all plugins.
func allRoles() []role {
	roles := aksnodeRoles()
	for _, d := range doctors() {
		roles = append(roles, d.roles()...)
	}
	return roles
}

// grants reports whether the role has a rule for one of the verbs on the resource.
func (r role) grants(resource string, verbs ...string) bool {
	return slices.ContainsFunc(r.rules, func(p rbacv1.PolicyRule) bool {
		return slices.Contains(p.Resources, resource) && slices.ContainsFunc(p.Verbs, func(v string) bool { return slices.Contains(verbs, v) })
	})
}

// No role has a wildcard or nodes/proxy, and none but optional ones Secrets. What creates or deletes is apart from what reads.
// tunneldoctor, which is about kube-system, reads pods, logs and ConfigMaps nowhere else, and the objects whose names are known by name.
func TestRolesAreNarrow(t *testing.T) {
	for _, r := range allRoles() {
		for _, p := range r.rules {
			for _, word := range slices.Concat(p.Resources, p.Verbs, p.APIGroups, p.ResourceNames) {
				if word == "nodes/proxy" || word == "secrets" && !r.secrets || strings.Contains(word, "*") {
					t.Errorf("%s: too much: %v", r.name, p)
				}
			}
			for _, verb := range p.Verbs {
				if strings.HasSuffix(r.name, "-read") && !slices.Contains([]string{"get", "list", "watch"}, verb) {
					t.Errorf("%s: reading needs %s %v", r.name, verb, p.Resources)
				}
			}
			if len(p.ResourceNames) == 0 && slices.ContainsFunc(p.Resources, func(s string) bool {
				return s == "configmaps" && !r.grants("configmaps", "create") || s == "deployments" && r.namespace != ""
			}) {
				t.Errorf("%s: %v is for all names", r.name, p)
			}
		}
		if r.name != "aksnode-cleanup" && r.grants("pods", "delete") {
			t.Errorf("%s may delete pods: deleting their Job suffices", r.name)
		}
		if r.name == "tunneldoctor-read" && r.namespace == "" {
			for _, resource := range []string{"pods", "pods/log", "configmaps", "events", "deployments", "leases", "networkpolicies"} {
				if r.grants(resource, "get", "list") {
					t.Errorf("%s reads %s in all namespaces", r.name, resource)
				}
			}
		}
	}
}

// A role that amounts to more than its rules seem to says so.
func TestRolesSayWhatTheyGrant(t *testing.T) {
	for _, r := range allRoles() {
		for _, says := range []struct {
			text    string
			granted bool
		}{
			{"This is root on the nodes", r.grants("jobs", "create") || r.grants("pods", "create")},
			{"may enter all pods of the namespace", r.grants("pods/exec", "get", "create")},
			{"logs of all pods", r.grants("pods/log", "get")},
			{"may delete all pods", r.grants("pods", "delete")},
			{"can read the values of all Secrets there", r.grants("secrets", "get", "list")},
		} {
			if strings.Contains(r.about, says.text) != says.granted {
				t.Errorf("%s: %q does not fit its rules: %s", r.name, says.text, r.about)
			}
		}
		if !strings.Contains(r.about, "Bind it") && r.name != "aksnode-cleanup" {
			t.Errorf("%s does not say where to bind it", r.name)
		}
	}
}
