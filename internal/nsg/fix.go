package nsg

import (
	"fmt"
	"strings"
)

// FreePriority returns the priority for a new rule of the direction that is to come right before the one with the priority before: the
// highest lower one that no rule has. ok is false if all from 100 to there are in use.
func FreePriority(g Group, d Direction, before int) (priority int, ok bool) {
	used := map[int]bool{}
	for _, r := range g.Rules {
		if !strings.EqualFold(r.Direction, opposite(d)) {
			used[r.Priority] = true
		}
	}
	for n := min(before-1, 4096); n >= 100; n-- {
		if !used[n] {
			return n, true
		}
	}
	return 0, false
}

func opposite(d Direction) string {
	if d == Inbound {
		return string(Outbound)
	}
	return string(Inbound)
}

// FirstDeny returns the lowest priority of the group's rules that may deny the packet; ok is false if none may. A new rule that allows
// it takes effect for certain if its priority is lower: see FreePriority. For packets to platform addresses, it must have the platform's
// tag. Rules without a valid priority are not considered.
func FirstDeny(p Packet, d Direction, sets Sets, g Group) (priority int, ok bool) {
	p = p.normal()
	if p.unsupported(d) != "" {
		return 0, false
	}
	left := maxSteps
	w := &world{packet: p, sets: &sets, left: &left}
	for _, s := range newPlan(&g, 0, d, p.exempt(d)).steps {
		matches := s.match(w)
		if matches.truth == no || !validPriority(s.Priority) {
			continue
		}
		switch action, _ := s.action(w); {
		case action != Allow:
			return s.Priority, true
		case matches.truth == yes:
			return 0, false
		}
	}
	return 0, false
}

// Shadow is a rule that keeps another of the same group from taking effect.
type Shadow struct {
	Group string `json:"group"`
	Deny  Rule   `json:"deny"`
	Allow Rule   `json:"allow"`
}

// String returns the shadow in words that follow what happens to the packet, such as "rule A (priority 200) denies it before rule B
// (300) allows it".
func (s Shadow) String() string {
	deny, allow := s.Deny, s.Allow
	return fmt.Sprintf("rule %s (priority %d) denies it before rule %s (%d) allows it", deny.Name, deny.Priority, allow.Name, allow.Priority)
}

// Shadowed returns what keeps the group's rule of the name allow from allowing the packet: an earlier rule that certainly denies it. An
// empty name stands for the first rule that would allow it otherwise. Both certainly match the packet, and their order is certain. It
// returns nil if there are no such rules.
func Shadowed(p Packet, d Direction, sets Sets, g Group, allow string) *Shadow {
	p = p.normal()
	if p.unsupported(d) != "" {
		return nil
	}
	left := maxSteps
	w := &world{packet: p, sets: &sets, left: &left}
	var deny *Rule
	for _, s := range newPlan(&g, 0, d, p.exempt(d)).steps {
		if s.doubt != nil || !validPriority(s.Priority) || s.match(w).truth != yes {
			continue
		}
		switch action, _ := s.action(w); {
		case action == Deny && deny == nil:
			deny = s.Rule
		case action == Allow && (allow == "" || strings.EqualFold(s.Name, allow)):
			if deny == nil || deny.Priority == s.Priority {
				return nil
			}
			return &Shadow{g.ID, *deny, *s.Rule}
		case action == Allow && deny == nil:
			return nil // it is allowed before
		}
	}
	return nil
}
