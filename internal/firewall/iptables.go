package firewall

import (
	"errors"
	"fmt"
	"strings"
)

// ParseIptables reads what iptables-save prints, with or without counters. The backend is the command that changes what
// is read: IPTables, IPTablesLegacy or one of IPv6. No text at all is no rules. What the rules hold that is not known
// makes them uncertain; it is an error only if the text is not that of iptables-save, or not all of it.
func ParseIptables(backend, text string) (*Ruleset, error) {
	p := &saved{set: &Ruleset{backend: backend, chains: map[chainName]*chain{}}, family: "ip"}
	switch backend {
	case IPTables, IPTablesLegacy:
	case IP6Tables, IP6TablesLegacy:
		p.family = "ip6"
	default:
		return nil, fmt.Errorf("reading iptables-save: no such backend: %q", backend)
	}
	if len(text) > maxBytes {
		return nil, fmt.Errorf("reading %s-save: more than %d bytes", backend, maxBytes)
	}
	for number, rest := 1, text; rest != ""; {
		var line string
		line, rest = cutLine(rest)
		if err := p.line(strings.TrimSpace(line)); err != nil {
			return nil, fmt.Errorf("reading %s-save: line %d: %w", backend, number, err)
		}
		number += strings.Count(line, "\n") + 1
	}
	if p.table != "" {
		return nil, fmt.Errorf("reading %s-save: it ends within table %s", backend, p.table)
	}
	p.link()
	return p.set, nil
}

// cutLine cuts the first line off, which goes on where a quote is open at its end.
func cutLine(text string) (line, rest string) {
	comment := strings.HasPrefix(text, "#")
	open := false
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\n' && !open:
			return text[:i], text[i+1:]
		case comment:
		case text[i] == '"':
			open = !open
		case text[i] == '\\' && open:
			i++
		}
	}
	return text, ""
}

// saved is the reading of one iptables-save.
type saved struct {
	set    *Ruleset
	family string
	table  string // the one being read; empty: none
	links  []link
}

// link is a rule whose target is known once all chains of its table are.
type link struct {
	rule   *rule
	chain  *chain
	target string
	does   does // jump or goTo
	rest   []word
}

func (p *saved) line(line string) error {
	switch {
	case line == "":
	case line[0] == '#':
		// "# Table `filter' is incompatible, use 'nft' tool."
		if _, name, ok := strings.Cut(line, "# Table `"); ok && strings.Contains(name, "incompatible") {
			name, _, _ = strings.Cut(name, "'")
			p.set.unread = append(p.set.unread, name)
		}
	case line[0] == '*' && p.table == "" && len(line) > 1:
		p.table = line[1:]
	case line == "COMMIT" && p.table != "":
		p.table = ""
	case p.table == "":
		return errors.New("not what iptables-save prints")
	case line[0] == ':':
		return p.chain(strings.Fields(line[1:]))
	case line[0] == '[':
		_, line, _ = strings.Cut(line, "]")
		return p.rule(strings.TrimSpace(line))
	default:
		return p.rule(line)
	}
	return nil
}

// chain takes up the line that declares a chain: its name and its policy, - where it is the user's.
func (p *saved) chain(fields []string) error {
	if len(fields) < 2 {
		return errors.New("a chain without a policy")
	}
	c := &chain{chainName: chainName{p.family, p.table, fields[0]}, backend: p.set.backend, policy: Accept}
	if p.set.chains[c.chainName] != nil {
		return fmt.Errorf("chain %s is there twice", c.name)
	}
	if policy := fields[1]; policy != "-" {
		var ok bool
		if c.hook, c.kind, c.priority, ok = builtin(p.table, c.name); !ok {
			return fmt.Errorf("chain %s of table %s has a policy and is not known", c.name, p.table)
		}
		c.text = "-P " + c.name + " " + policy
		if policy != "ACCEPT" {
			c.policy = Drop
		}
		if policy != "ACCEPT" && policy != "DROP" {
			c.policy = Action(policy)
		}
	}
	p.set.add(c)
	return nil
}

// builtin is where a chain of iptables hangs.
func builtin(table, chain string) (hook, kind string, priority int, ok bool) {
	hook, kind = strings.ToLower(chain), "filter"
	switch table {
	case "raw":
		priority = -300
	case "mangle":
		priority = -150
	case "nat":
		kind, priority = "nat", -100
		if chain == "INPUT" || chain == "POSTROUTING" {
			priority = 100
		}
	case "filter":
	case "security":
		priority = 50
	default:
		return "", "", 0, false
	}
	switch chain {
	case "PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING":
		return hook, kind, priority, true
	}
	return "", "", 0, false
}

// rule takes up a line such as "-A INPUT -p tcp -j DROP".
func (p *saved) rule(line string) error {
	words, err := split(line)
	if err != nil {
		return err
	}
	if len(words) < 2 || words[0].text != "-A" && words[0].text != "--append" {
		return errors.New("not a rule")
	}
	c := p.set.chains[chainName{p.family, p.table, words[1].text}]
	if c == nil {
		return fmt.Errorf("a rule of chain %q, which is not declared", words[1].text)
	}
	r := &rule{Rule: Rule{
		Backend: c.backend, Family: c.family, Table: c.table, Chain: c.name, Number: len(c.rules) + 1, Text: line,
	}}
	a := &arguments{words: words, at: 2}
	l := r.matches(a)
	c.rules = append(c.rules, r)
	if l.target != "" {
		l.rule, l.chain = r, c
		p.links = append(p.links, l)
	}
	return nil
}

// link gives the rules their targets.
func (p *saved) link() {
	for _, l := range p.links {
		text := "-j " + l.target
		if l.does == goTo {
			text = "-g " + l.target
		}
		to := p.set.chains[chainName{p.family, l.chain.table, l.target}]
		if to != nil && to.hook == "" {
			l.rule.steps = append(l.rule.steps, step{text: text, cases: always(verdict{does: l.does, chain: to})})
			continue
		}
		l.rule.steps = append(l.rule.steps, l.extension(text)...)
	}
}
