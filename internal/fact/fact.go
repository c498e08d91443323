// Package fact is the engine that gathers what a doctor finds out: each fact once a run, within its own time limit, recorded in a
// bundle that can be evaluated again without a cluster. It knows no Kubernetes client: a doctor's own Env holds what its facts need.
package fact

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/check"
)

// A Fact is one thing found out about the target. It is gathered at most once a run, when the first check that is not blocked reads
// it. What there are many of (per pod, per port) is one fact. E is the doctor's environment. T is a small struct of ours, never an
// API object: it marshals to JSON, which is what a bundle holds, so it contains no environment values, arguments, annotations, or
// data of ConfigMaps and Secrets.
type Fact[E Env, T any] struct {
	Name   string              // unique among the doctor's facts; bundles refer to it, so it never changes
	Needs  []check.Need        // the facts that Gather reads; reading another is an error
	Access []rbacv1.PolicyRule // what gathering reads, in the cluster or in namespaces that depend on the target
	Create []rbacv1.PolicyRule // what gathering creates and uses
	// AccessIn is what gathering reads in one namespace only, by its name.
	AccessIn map[string][]rbacv1.PolicyRule
	// OptionalIn is what gathering reads in one namespace only, by its name, and what the base roles leave out: without it the fact is
	// an error that names the missing permission.
	OptionalIn map[string][]rbacv1.PolicyRule
	// Azure are the actions of Azure that gathering needs; none of them changes anything.
	Azure []string
	// Timeout bounds Gather, whoever asked first; zero: DefaultTimeout. The time that the facts in Needs take does not count: they
	// have their own.
	Timeout time.Duration
	// Gather finds the fact out. An error means that it could not be found out; what does not exist in the cluster is a value, not an
	// error. The evidence tells with which command the user sees the same.
	Gather func(context.Context, E) (T, []check.Evidence, error)
}

// DefaultTimeout bounds the gathering of a fact that has no Timeout of its own.
const DefaultTimeout = 2 * time.Minute

// FactName implements check.Need.
func (f *Fact[E, T]) FactName() string { return f.Name }

// Get returns the fact's value to a check that declares to need it.
func (f *Fact[E, T]) Get(p *check.Pass) (T, error) { return typed[T](p.Fact(f)) }

// From returns the fact's value to another fact's Gather, which declares to need it. Its evidence is not passed on.
func (f *Fact[E, T]) From(ctx context.Context, env E) (T, error) {
	value, _, err := env.memo().Fact(ctx, f)
	return typed[T](value, err)
}

func typed[T any](value any, err error) (T, error) {
	t, ok := value.(T)
	if err == nil && !ok {
		err = fmt.Errorf("a fact is a %T, not a %T", value, t)
	}
	return t, err
}

// Any is a fact with a value of any type.
type Any interface {
	check.Need
	decode([]byte) (any, error)
	needs() []check.Need
	permissions() Permissions
	timeout() time.Duration
}

// gatherer is a fact of any type that is gathered with an E.
type gatherer[E Env] interface {
	Any
	gather(context.Context, E) (any, []check.Evidence, error)
}

func (f *Fact[E, T]) gather(ctx context.Context, env E) (any, []check.Evidence, error) {
	return f.Gather(ctx, env)
}

func (f *Fact[E, T]) decode(b []byte) (any, error) {
	var t T
	err := json.Unmarshal(b, &t)
	return t, err
}

func (f *Fact[E, T]) needs() []check.Need { return f.Needs }

func (f *Fact[E, T]) timeout() time.Duration { return f.Timeout }

func (f *Fact[E, T]) permissions() Permissions {
	return Permissions{f.Access, f.Create, f.AccessIn, f.OptionalIn, f.Azure}
}
