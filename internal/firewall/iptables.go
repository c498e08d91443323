package firewall

import (
	"errors"
	"fmt"
	"strings"
)

// ParseIptables parses the output of iptables-save, with or without counters. The backend is the tool that printed it:
// IPTables, IPTablesLegacy or one of the IPv6 ones. An empty text has no rules. Unknown matches and targets are not errors:
// they make a rule uncertain. It is an error if the text is not the complete output of iptables-save.
func ParseIptables(backend, text string) (*Ruleset, error) {
	p := &saved{set: &Ruleset{backend: backend, chains: map[chainName]*chain{}}, family: "ip"}
	switch backend {
	case IPTables, IPTablesLegacy:
	case IP6Tables, IP6TablesLegacy:
		p.family = "ip6"
	default:
		return nil, fmt.Errorf("parsing iptables-save: unknown backend %q", backend)
	}
	if len(text) > maxBytes {
		return nil, fmt.Errorf("parsing %s-save: more than %d bytes", backend, maxBytes)
	}
	for number, rest := 1, text; rest != ""; {
		var line string
		line, rest = cutLine(rest)
		if err := p.line(strings.TrimSpace(line)); err != nil {
			return nil, fmt.Errorf("parsing %s-save: line %d: %w", backend, number, err)
		}
		number += strings.Count(line, "\n") + 1
	}
	if p.table != "" {
		return nil, fmt.Errorf("parsing %s-save: output ends within table %s", backend, p.table)
	}
	p.link()
	return p.set, nil
}

// cutLine cuts off the first line. A line break inside quotes does not end it.
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

// saved is the parser of one iptables-save.
type saved struct {
	set    *Ruleset
	family string
	table  string // the current one; empty: none
	links  []link
}

// link is a rule whose target is resolved once all chains of its table are known.
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
		return errors.New("not output of iptables-save")
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

// chain parses the declaration of a chain: its name and its policy, which is - for a user-defined chain.
func (p *saved) chain(fields []string) error {
	if len(fields) < 2 {
		return errors.New("chain without a policy")
	}
	c := &chain{chainName: chainName{p.family, p.table, fields[0]}, backend: p.set.backend, policy: Accept}
	if p.set.chains[c.chainName] != nil {
		return fmt.Errorf("chain %s is declared twice", c.name)
	}
	if policy := fields[1]; policy != "-" {
		var ok bool
		if c.hook, c.kind, c.priority, ok = builtin(p.table, c.name); !ok {
			return fmt.Errorf("chain %s of table %s has a policy but is not a built-in chain", c.name, p.table)
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

// builtin returns the hook, type and priority of a built-in chain; ok is false if there is no such chain.
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

// rule parses a line such as "-A INPUT -p tcp -j DROP".
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
		return fmt.Errorf("rule of undeclared chain %q", words[1].text)
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

// link resolves the targets of the rules.
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
