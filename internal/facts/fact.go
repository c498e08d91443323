// Package facts holds what the doctors know how to find out. All I/O of a doctor is here; its checks only read facts.
package facts

import (
	"context"
	"encoding/json"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/check"
)

// A Fact is one thing found out about the target, gathered at most once per run, when the first check that is not blocked
// reads it. What is many (per pod, per port) is one fact. T is a small struct of ours, never an API object; it marshals
// to JSON, which is what a bundle holds, so it holds no environment values, arguments, annotations, or data of ConfigMaps
// and Secrets.
type Fact[T any] struct {
	Name   string
	Needs  []check.Need        // the facts that Gather reads
	Access []rbacv1.PolicyRule // what gathering reads
	Create []rbacv1.PolicyRule // what gathering makes and uses
	// Gather finds the fact out. An error means that it could not; what is absent in the cluster is a value. The evidence
	// says how the user can see the same.
	Gather func(context.Context, *Env) (T, []check.Evidence, error)
}

// FactName implements check.Need.
func (f *Fact[T]) FactName() string { return f.Name }

// Get returns the fact's value to a check that declares to need it.
func (f *Fact[T]) Get(p *check.Pass) (T, error) { return typed[T](p.Fact(f)) }

// From returns the fact's value to another fact's Gather. Its evidence is not passed on.
func (f *Fact[T]) From(ctx context.Context, env *Env) (T, error) {
	value, _, err := env.Fact(ctx, f)
	return typed[T](value, err)
}

func typed[T any](value any, err error) (T, error) {
	t, ok := value.(T)
	if err == nil && !ok {
		err = fmt.Errorf("a fact is a %T, not a %T", value, t)
	}
	return t, err
}

// Known is a fact of any type.
type Known interface {
	check.Need
	gather(context.Context, *Env) (any, []check.Evidence, error)
	decode([]byte) (any, error)
	needs() []check.Need
	rules() (access, create []rbacv1.PolicyRule)
}

func (f *Fact[T]) gather(ctx context.Context, env *Env) (any, []check.Evidence, error) {
	return f.Gather(ctx, env)
}

func (f *Fact[T]) decode(b []byte) (any, error) {
	var t T
	err := json.Unmarshal(b, &t)
	return t, err
}

func (f *Fact[T]) needs() []check.Need { return f.Needs }

func (f *Fact[T]) rules() (access, create []rbacv1.PolicyRule) { return f.Access, f.Create }

// Rules returns what gathering the needs, and all that they need, reads and makes.
func Rules(needs []check.Need) (access, create []rbacv1.PolicyRule) {
	seen := map[string]bool{}
	var visit func([]check.Need)
	visit = func(needs []check.Need) {
		for _, n := range needs {
			f, ok := n.(Known)
			if !ok || seen[n.FactName()] {
				continue
			}
			seen[n.FactName()] = true
			a, c := f.rules()
			access, create = append(access, a...), append(create, c...)
			visit(f.needs())
		}
	}
	visit(needs)
	return access, create
}
