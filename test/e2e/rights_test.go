package e2e

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/test/e2e/faults"
)

// roles returns the plugin's generated roles: ClusterRoles, and Roles with a namespace. Those for one subcommand are left out.
func (l lab) roles(t *testing.T, plugin string) []rbacv1.Role {
	t.Helper()
	text, err := os.ReadFile(l.path("docs/rbac", plugin+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var roles []rbacv1.Role
	for _, part := range strings.Split(string(text), "\n---\n") {
		var role rbacv1.Role
		if err := yaml.Unmarshal([]byte(part), &role); err != nil {
			t.Fatal(err)
		}
		if role.Name != "aksnode-cleanup" && role.Name != "tunneldoctor-logs" && !strings.HasSuffix(role.Name, "-optional") {
			roles = append(roles, role)
		}
	}
	return roles
}

// without returns the roles without one verb on one resource.
func without(roles []rbacv1.Role, verb, resource string) []rbacv1.Role {
	left := make([]rbacv1.Role, len(roles))
	for i, role := range roles {
		left[i] = role
		left[i].Rules = nil
		for _, r := range role.Rules {
			r = *r.DeepCopy()
			if r.Resources[0] == resource {
				r.Verbs = slices.DeleteFunc(r.Verbs, func(v string) bool { return v == verb })
			}
			if len(r.Verbs) > 0 {
				left[i].Rules = append(left[i].Rules, r)
			}
		}
	}
	return left
}

// bound creates a user who has only the permissions of these roles, bound as their comments say: Roles in their namespaces, those to read
// for the cluster, and the others in the given namespace.
func (l lab) bound(t *testing.T, user, namespace string, roles []rbacv1.Role) string {
	t.Helper()
	rbac := l.clients(t).RbacV1()
	subjects := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}}
	for _, r := range roles {
		meta := metav1.ObjectMeta{Name: user + "-" + r.Name, Namespace: r.Namespace}
		ref := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: meta.Name}
		in := namespace
		var err error
		if r.Namespace == "" {
			t.Cleanup(func() { _ = rbac.ClusterRoles().Delete(context.Background(), meta.Name, metav1.DeleteOptions{}) })
			_, err = rbac.ClusterRoles().Create(t.Context(), &rbacv1.ClusterRole{ObjectMeta: meta, Rules: r.Rules}, metav1.CreateOptions{})
		} else {
			in, ref.Kind = r.Namespace, "Role"
			t.Cleanup(func() { _ = rbac.Roles(in).Delete(context.Background(), meta.Name, metav1.DeleteOptions{}) })
			_, err = rbac.Roles(in).Create(t.Context(), &rbacv1.Role{ObjectMeta: meta, Rules: r.Rules}, metav1.CreateOptions{})
		}
		if err != nil {
			t.Fatal(err)
		}
		if r.Namespace == "" && strings.HasSuffix(r.Name, "-read") {
			in = ""
			t.Cleanup(func() { _ = rbac.ClusterRoleBindings().Delete(context.Background(), meta.Name, metav1.DeleteOptions{}) })
			binding := &rbacv1.ClusterRoleBinding{ObjectMeta: meta, RoleRef: ref, Subjects: subjects}
			_, err = rbac.ClusterRoleBindings().Create(t.Context(), binding, metav1.CreateOptions{})
		} else {
			meta.Namespace = in
			t.Cleanup(func() { _ = rbac.RoleBindings(in).Delete(context.Background(), meta.Name, metav1.DeleteOptions{}) })
			binding := &rbacv1.RoleBinding{ObjectMeta: meta, RoleRef: ref, Subjects: subjects}
			_, err = rbac.RoleBindings(in).Create(t.Context(), binding, metav1.CreateOptions{})
		}
		if err != nil {
			t.Fatal(err)
		}
		l.authorized(t, user, in, r.Rules)
	}
	return user
}

// as creates a user who has only these permissions.
func (l lab) as(t *testing.T, user string, rules []rbacv1.PolicyRule) string {
	t.Helper()
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: user}, Rules: rules}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: user}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: user},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	}
	rbac := l.clients(t).RbacV1()
	t.Cleanup(func() {
		_ = rbac.ClusterRoles().Delete(context.Background(), user, metav1.DeleteOptions{})
		_ = rbac.ClusterRoleBindings().Delete(context.Background(), user, metav1.DeleteOptions{})
	})
	if _, err := rbac.ClusterRoles().Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := rbac.ClusterRoleBindings().Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	l.authorized(t, user, "", rules)
	return user
}

// authorized waits until the API server's authorizer, which watches roles and bindings, knows the user's in the namespace; in the cluster,
// if it is empty.
func (l lab) authorized(t *testing.T, user, namespace string, rules []rbacv1.PolicyRule) {
	t.Helper()
	if len(rules) == 0 {
		return
	}
	resource, subresource, _ := strings.Cut(rules[0].Resources[0], "/")
	name := ""
	if len(rules[0].ResourceNames) > 0 {
		name = rules[0].ResourceNames[0]
	}
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: user,
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Verb: rules[0].Verbs[0], Group: rules[0].APIGroups[0], Resource: resource, Subresource: subresource, Name: name,
			Namespace: namespace,
		},
	}}
	clients := l.clients(t)
	l.eventually(t, 10*time.Second, func() error {
		r, err := clients.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), review, metav1.CreateOptions{})
		if err == nil && !r.Status.Allowed {
			err = fmt.Errorf("%s may not %s %s yet", user, rules[0].Verbs[0], rules[0].Resources[0])
		}
		return err
	})
}

// TestInsideoutRights: with exactly the generated roles, the verdicts are the same; without a verb that is needed, the
// verdict is never a pass and names the verb.
func TestInsideoutRights(t *testing.T) {
	l := theLab(t)
	all := l.roles(t, "insideout")
	const undecided, broken, healthy = 2, 3, 0
	for _, scenario := range []struct {
		fault string // empty: healthy
		code  string
		verbs []string // "verb resource exit code"
	}{
		{"", "", []string{
			"get services", "list pods", "list endpointslices", "list ingresses", "list httproutes",
			"create jobs", "delete jobs", "get pods", "watch pods", "create pods/exec", "get pods/exec",
		}},
		{"selector-value", "INS0101", []string{"list deployments", "list statefulsets", "list daemonsets"}},
		{"volume-secret-missing", "INS0106", []string{"list events"}},
		{"app-on-localhost", "INS0202", []string{"create pods/portforward", "get pods/portforward"}},
		{"crash-loop", "INS0108", []string{"get pods/log"}},
		{"pod-port-dropped", "INS0203", []string{"list networkpolicies"}},
		{"policy-denies-in", "INS0501", []string{"list networkpolicies", "get namespaces"}},
		{"balancer-probe-404", "INS0602", []string{"list nodes"}},
		{"route-not-granted", "INS0711", []string{"get gateways", "get gatewayclasses", "list referencegrants"}},
		{"tls-secret-missing", "INS0706", []string{"list ingressclasses", "list services"}}, // the roles do not include Secrets
	} {
		t.Run("rights-"+scenario.fault, func(t *testing.T) {
			t.Parallel()
			c := l.healthyCase(t, "rights"+scenario.fault, 3)
			if scenario.fault != "" {
				b := faults.Breaks()[scenario.fault]
				if b.Change != nil {
					b.Change(c.Case)
				}
				c.apply(t)
				c.inject(t, b)
				c.shows(t, b)
				if b.Target != nil {
					c.target = b.Target(c.Case)
				}
			}
			want := healthy
			if scenario.code != "" {
				want = broken
			}
			if r, code := c.insideout(t, "--as", l.bound(t, c.Namespace+"-exact", c.Namespace, all)); code != want ||
				r.Verdict.Code != scenario.code {
				t.Errorf("under the exact roles: %d %+v", code, r.Verdict)
			}
			for _, right := range scenario.verbs {
				verb, resource, _ := strings.Cut(right, " ")
				r, code := c.insideout(
					t, "--as",
					l.bound(t, c.Namespace+"-"+verb+"-"+strings.ReplaceAll(resource, "/", "-"), c.Namespace, without(all, verb, resource)),
				)
				want, status := undecided, check.Unknown
				if resource == "pods/log" { // the log is only additional evidence: the verdict stands, and says what is missing
					want, status = broken, check.Fail
				}
				// WebSockets need get; SPDY, the fallback, needs create
				fallback := strings.Contains(resource, "pods/portforward")
				asWanted := code == want && r.Verdict.Status == status
				fellBack := fallback && code == broken && r.Verdict.Code == scenario.code
				if !asWanted && !fellBack {
					t.Errorf("without %s: exit code %d, verdict %s %s", right, code, r.Verdict.Status, r.Verdict.Code)
				}
				if code != broken && !strings.Contains(r.Verdict.Cause, verb+" "+resource) {
					t.Errorf("without %s: the verdict does not name it: %s", right, r.Verdict.Cause)
				}
			}
		})
	}
}

// TestTunnelRights is the same for tunneldoctor, on a healthy cluster: it reads pods, logs and ConfigMaps of kube-system only.
func TestTunnelRights(t *testing.T) {
	l := theLab(t)
	all := l.roles(t, "tunneldoctor")
	l.agentsSpread(t)
	l.tunnelHealthy(t, nil, "before")
	if r, code, text, _ := l.tunneldoctor(t, "--as", l.bound(t, "tunnel-exact", "default", all)); code != 0 {
		t.Errorf("under the exact roles: %d %+v\n%s", code, r.Verdict, text)
	}
	for _, right := range []string{
		"get deployments", "list pods", "list nodes", "get pods/log", "create jobs", "delete jobs", "get pods", "watch pods",
		"create pods/exec", "list validatingwebhookconfigurations", "list mutatingwebhookconfigurations", "list apiservices",
		"list endpointslices", "list networkpolicies", "get namespaces", "list poddisruptionbudgets",
	} {
		verb, resource, _ := strings.Cut(right, " ")
		user := l.bound(t, "tunnel-"+verb+"-"+strings.ReplaceAll(resource, "/", "-"), "default", without(all, verb, resource))
		r, code, text, _ := l.tunneldoctor(t, "--as", user)
		if code != 2 || r.Verdict.Status != check.Unknown || !strings.Contains(r.Verdict.Cause, verb+" "+resource) {
			t.Errorf("without %s: exit code %d, verdict %+v\n%s", right, code, r.Verdict, text)
		}
	}
}

// TestTunnelLogsRole: tunneldoctor logs works with tunneldoctor-read, -probe and -logs, and not without the last.
func TestTunnelLogsRole(t *testing.T) {
	l := theLab(t)
	const namespace = "logs-role"
	l.namespace(t, namespace)
	l.must(t, "kubectl", "apply", "-f", l.path("docs/rbac/tunneldoctor.yaml"))
	t.Cleanup(func() {
		_ = l.command(context.Background(), "kubectl", "delete", "-f", l.path("docs/rbac/tunneldoctor.yaml"), "--ignore-not-found").Run()
	})
	const line = "a line of the log"
	l.must(t, "kubectl", "run", "web", "-n", namespace, "--image="+busybox, "--", "sh", "-c", "echo "+line+"; sleep 600")
	l.must(t, "kubectl", "wait", "pod/web", "-n", namespace, "--for=condition=Ready", "--timeout=60s")
	user := l.bound(t, namespace, namespace, l.roles(t, "tunneldoctor"))
	logs := []string{"logs", "pod/web", "-n", namespace, "--as", user}
	if r := l.run(t, "", "kubectl-tunneldoctor", logs...); r.code == 0 || !strings.Contains(r.stderr, "get pods/log -n "+namespace) {
		t.Errorf("without tunneldoctor-logs: %+v", r)
	}
	l.must(t, "kubectl", "create", "rolebinding", "logs", "-n", namespace, "--clusterrole=tunneldoctor-logs", "--user="+user)
	l.eventually(t, 30*time.Second, func() error {
		if r := l.run(t, "", "kubectl-tunneldoctor", logs...); r.code != 0 || !strings.Contains(r.stdout, line) {
			return fmt.Errorf("with it: %+v", r)
		}
		return nil
	})
}

// TestCleanupRole: with aksnode-cleanup alone, cleanup removes the pods of kubectl debug in all namespaces.
func TestCleanupRole(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	l.must(t, "kubectl", "apply", "-f", l.path("docs/rbac/aksnode.yaml"))
	t.Cleanup(func() {
		_ = l.command(context.Background(), "kubectl", "delete", "clusterrolebinding/aksnode-cleanup-test").Run()
		_ = l.command(context.Background(), "kubectl", "delete", "-f", l.path("docs/rbac/aksnode.yaml"), "--ignore-not-found").Run()
	})
	l.must(t, "kubectl", "create", "clusterrolebinding", "aksnode-cleanup-test", "--clusterrole=aksnode-cleanup", "--user=cleaner")
	l.must(t, "kubectl", "debug", "node/"+node0, "--image="+busybox, "--attach=false", "--", "true")
	l.eventually(t, 30*time.Second, func() error {
		if r := l.aksnode(t, "cleanup", "--all", "--yes", "--as", "cleaner"); r.code != 0 {
			return fmt.Errorf("%+v", r)
		}
		if out := l.must(t, "kubectl", "get", "pods", "-o", "name"); strings.Contains(out, "node-debugger") {
			return fmt.Errorf("left: %s", out)
		}
		return nil
	})
}
