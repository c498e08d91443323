package checks

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// Validation returns the checks of `validate`, in evaluation order: those of a connection, and what becomes of connecting to its target,
// before whether the pods run.
func Validation() []*check.Check {
	return append(upToTarget(), TargetNameResolves, TargetConnects, TargetAnswers, TargetAdmitsClient, PodsRun)
}

// trialAddress returns where the connection is tried. An error says why that is not known.
func trialAddress(p *check.Pass) (facts.TargetAt, error) {
	at, err := facts.TargetAddress.Get(p)
	if err == nil && at.Host == "" {
		err = fmt.Errorf("where the target is reached is not known (%s): name it with --to HOST:PORT", at.Missing)
	}
	return at, err
}

// answered returns where the connection was tried and what was answered. Without an answer, ok is false and the check is skipped; ok is
// false on errors too.
func answered(p *check.Pass) (at facts.TargetAt, a facts.TargetAnswered, ok bool, err error) {
	if at, err = trialAddress(p); err != nil {
		return at, a, false, err
	}
	if a, err = facts.TargetAnswer.Get(p); err != nil {
		return at, a, false, err
	}
	if a.Address == "" {
		p.Skip("the address of %s is unknown", at.Host)
		return at, a, false, nil
	}
	return at, a, true, nil
}

// place says from where the connection was tried.
func place(at facts.TargetAt, node string) string {
	if at.Node == node && at.Pod != "" {
		return "node " + node + ", where pod " + at.Pod + " runs"
	}
	return "node " + node
}

// denied is the error that NetworkPolicies keep the test pod from what was tried.
func denied(policies []string, from string) error {
	return errors.New("NetworkPolicy " + strings.Join(policies, ", ") + " keeps the test pod from " + from +
		", whatever it allows the connection's pods, so that nothing is known")
}

// public returns the first address that is one of the internet; empty: none is.
func public(addresses []string) string {
	for _, text := range addresses {
		if ip, err := netip.ParseAddr(text); err == nil && netpolicy.IsPublic(ip) {
			return text
		}
	}
	return ""
}
