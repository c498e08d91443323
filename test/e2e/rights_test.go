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

// rules returns all rules of the plugin's generated roles.
func (l lab) rules(t *testing.T, plugin string) []rbacv1.PolicyRule {
	t.Helper()
	text, err := os.ReadFile(l.path("docs/rbac", plugin+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var rules []rbacv1.PolicyRule
	for _, part := range strings.Split(string(text), "\n---\n") {
		var role rbacv1.ClusterRole
		if err := yaml.Unmarshal([]byte(part), &role); err != nil {
			t.Fatal(err)
		}
		rules = append(rules, role.Rules...)
	}
	return rules
}

// without returns the rules without one verb on one resource.
func without(rules []rbacv1.PolicyRule, verb, resource string) []rbacv1.PolicyRule {
	var left []rbacv1.PolicyRule
	for _, r := range rules {
		r = *r.DeepCopy()
		if r.Resources[0] == resource {
			r.Verbs = slices.DeleteFunc(r.Verbs, func(v string) bool { return v == verb })
		}
		if len(r.Verbs) > 0 {
			left = append(left, r)
		}
	}
	return left
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
	l.authorized(t, user, rules)
	return user
}

// authorized waits until the API server's authorizer, which watches roles and bindings, knows the user's.
func (l lab) authorized(t *testing.T, user string, rules []rbacv1.PolicyRule) {
	t.Helper()
	if len(rules) == 0 {
		return
	}
	resource, subresource, _ := strings.Cut(rules[0].Resources[0], "/")
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: user,
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Verb: rules[0].Verbs[0], Group: rules[0].APIGroups[0], Resource: resource, Subresource: subresource,
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
	all := l.rules(t, "insideout")
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
			}
			want := healthy
			if scenario.code != "" {
				want = broken
			}
			if r, code := c.insideout(t, "--as", l.as(t, c.Namespace+"-exact", all)); code != want || r.Verdict.Code != scenario.code {
				t.Errorf("under the exact roles: %d %+v", code, r.Verdict)
			}
			for _, right := range scenario.verbs {
				verb, resource, _ := strings.Cut(right, " ")
				r, code := c.insideout(
					t, "--as",
					l.as(t, c.Namespace+"-"+verb+"-"+strings.ReplaceAll(resource, "/", "-"), without(all, verb, resource)),
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

// TestTunnelRights is the same for tunneldoctor, on a healthy cluster.
func TestTunnelRights(t *testing.T) {
	l := theLab(t)
	all := l.rules(t, "tunneldoctor")
	l.tunnelHealthy(t, nil, "before")
	if r, code, text, _ := l.tunneldoctor(t, "--as", l.as(t, "tunnel-exact", all)); code != 0 {
		t.Errorf("under the exact roles: %d %+v\n%s", code, r.Verdict, text)
	}
	for _, right := range []string{
		"get deployments", "list pods", "list nodes", "get pods/log", "create jobs", "delete jobs", "get pods", "watch pods",
		"create pods/exec", "list validatingwebhookconfigurations", "list mutatingwebhookconfigurations", "list apiservices",
		"list endpointslices", "list networkpolicies", "get namespaces", "list poddisruptionbudgets",
	} {
		verb, resource, _ := strings.Cut(right, " ")
		user := l.as(t, "tunnel-"+verb+"-"+strings.ReplaceAll(resource, "/", "-"), without(all, verb, resource))
		r, code, text, _ := l.tunneldoctor(t, "--as", user)
		if code != 2 || r.Verdict.Status != check.Unknown || !strings.Contains(r.Verdict.Cause, verb+" "+resource) {
			t.Errorf("without %s: exit code %d, verdict %+v\n%s", right, code, r.Verdict, text)
		}
	}
}
