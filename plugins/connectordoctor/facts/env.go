// Package facts holds what `kubectl connectordoctor` finds out in the cluster. No fact holds a value of a Secret.
package facts

import (
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
)

// Fact is a fact of connectordoctor.
type Fact[T any] = fact.Fact[*Env, T]

// Env is what gathering the facts about one connection needs, and the facts gathered so far. Its Target is the connection, or the cluster
// where no connection is known. Call Bind before reading a fact.
type Env struct {
	fact.Memo
	Clients *kube.Clients
	Shared  *fact.Share // nil: nothing is shared with other targets
	// Named reports whether the user named the connection; false: its Secret was found.
	Named bool
	// Searched is where connections were looked for, if none was found: a namespace, or * for all.
	Searched string
	// Given are the names of connections that the user gave.
	Given []string
	// Azure tells whether Azure is read. Note tells the user why it was not, where that is no error; nil: nobody is told.
	Azure AzureMode
	Note  func(format string, args ...any)
	Trial *Trial // nil: the connection is not tried
	Logs  bool   // keep lines of logs; bundles then hold them
}

// Bind prepares e for gathering facts, and returns it.
func (e *Env) Bind() *Env {
	e.Explain = kube.NameDenied
	fact.Bind(e)
	return e
}

// IsNotHeld is fact.IsNotHeld, for checks.
func IsNotHeld(err error) bool { return fact.IsNotHeld(err) }
