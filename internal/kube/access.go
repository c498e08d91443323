package kube

import (
	"context"
	"fmt"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/cmdline"

	"golang.org/x/sync/errgroup"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Right is one permission, granted by RBAC or another authorizer.
type Right struct {
	Verb, Group, Resource, Subresource string
	Namespace                          string // empty: cluster-wide
}

// String returns the arguments of `kubectl auth can-i` for it, such as "create pods/exec -n shop".
func (r Right) String() string {
	return strings.Join(r.args(), " ")
}

// CanI returns the command that checks whether the user has it.
func (r Right) CanI() cmdline.Command { return cmdline.Kubectl("auth", "can-i").With(r.args()...) }

func (r Right) args() []string {
	resource := r.Resource
	if r.Group != "" {
		resource += "." + r.Group
	}
	if r.Subresource != "" {
		resource += "/" + r.Subresource
	}
	args := []string{r.Verb, resource}
	if r.Namespace != "" {
		args = append(args, "-n", r.Namespace)
	}
	return args
}

// DeniedError lists permissions that the user lacks.
type DeniedError struct{ Missing []Right }

func (e *DeniedError) Error() string {
	return "missing permissions: " + strings.Join(e.Lacks(), ", ")
}

// Lacks implements check.Lacking.
func (e *DeniedError) Lacks() []string {
	var all []string
	for _, r := range e.Missing {
		all = append(all, r.String())
	}
	return all
}

// Check asks the API server whether the user has each of the rights, by SelfSubjectAccessReview, which takes every authorizer into
// account, Azure's included. It returns a *DeniedError if some are missing, and another error if that could not be determined.
func (c *Clients) Check(ctx context.Context, rights ...Right) error {
	allowed := make([]bool, len(rights))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(10)
	for i, r := range rights {
		g.Go(func() error {
			review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
				ResourceAttributes: &authorizationv1.ResourceAttributes{
					Verb: r.Verb, Group: r.Group, Resource: r.Resource, Subresource: r.Subresource, Namespace: r.Namespace,
				},
			}}
			answer, err := c.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
			if err != nil {
				return fmt.Errorf("checking the permission to %s: %w", r, err)
			}
			allowed[i] = answer.Status.Allowed
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	var denied DeniedError
	for i, r := range rights {
		if !allowed[i] {
			denied.Missing = append(denied.Missing, r)
		}
	}
	if len(denied.Missing) > 0 {
		return &denied
	}
	return nil
}

// Rules returns the RBAC rules that grant the rights; their namespaces are not part of a rule.
func Rules(rights []Right) []rbacv1.PolicyRule {
	rules := make([]rbacv1.PolicyRule, len(rights))
	for i, r := range rights {
		resource := r.Resource
		if r.Subresource != "" {
			resource += "/" + r.Subresource
		}
		rules[i] = rbacv1.PolicyRule{APIGroups: []string{r.Group}, Resources: []string{resource}, Verbs: []string{r.Verb}}
	}
	return rules
}
