package firewall

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// ParseNft parses the output of nft -j list ruleset (libnftables-json(5)). Unknown expressions and statements are not
// errors: they make a rule uncertain. It is an error if the text is not such a listing, or an object lacks its table or
// name.
func ParseNft(text []byte) (*Ruleset, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("parsing nft's ruleset: more than %d bytes", maxBytes)
	}
	var listing struct {
		Objects []map[string]json.RawMessage `json:"nftables"`
	}
	if err := json.Unmarshal(text, &listing); err != nil {
		return nil, fmt.Errorf("parsing nft's ruleset: %w", err)
	}
	if listing.Objects == nil {
		return nil, errors.New("parsing nft's ruleset: not output of nft -j list ruleset")
	}
	p := &listed{
		set:     &Ruleset{backend: NFTables, chains: map[chainName]*chain{}},
		sets:    map[chainName]*namedSet{},
		dormant: map[[2]string]bool{},
	}
	// rules refer to chains and sets that may be listed after them
	for _, kinds := range [][]string{{"table"}, {"chain"}, {"set", "map", "element"}, {"rule"}} {
		for i, object := range listing.Objects {
			for _, kind := range kinds {
				if raw, ok := object[kind]; ok {
					if err := p.object(kind, raw); err != nil {
						return nil, fmt.Errorf("parsing nft's ruleset: object %d: %s: %w", i+1, kind, err)
					}
				}
			}
		}
	}
	return p.set, nil
}

// listed is the parser of one listing.
type listed struct {
	set     *Ruleset
	sets    map[chainName]*namedSet
	dormant map[[2]string]bool // tables by family and name
}

// namedSet is a set or a map of a table.
type namedSet struct {
	elements []element
}

// nftObject is an object of a listing of any kind, with the fields that matter here.
type nftObject struct {
	Family   string
	Table    string
	Name     string
	Chain    string
	Handle   int
	Type     any
	Hook     string
	Priority int    `json:"prio"`
	Policy   string // of a base chain; empty: accept
	Device   any    `json:"dev"`
	Flags    any
	Elements []any            `json:"elem"`
	Expr     []map[string]any `json:"expr"`
}

func (p *listed) object(kind string, raw json.RawMessage) error {
	var o nftObject
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&o); err != nil {
		return err
	}
	if o.Family == "" || kind != "table" && o.Table == "" || kind != "rule" && o.Name == "" {
		return errors.New("no family, table or name")
	}
	name := chainName{o.Family, o.Table, o.Name}
	switch kind {
	case "table":
		p.dormant[[2]string{o.Family, o.Name}] = slices.Contains(texts(o.Flags), "dormant")
	case "chain":
		if p.set.chains[name] != nil {
			return fmt.Errorf("chain %s is listed twice", o.Name)
		}
		p.chain(name, o)
	case "set", "map", "element":
		s := p.sets[name]
		if s == nil {
			s = &namedSet{}
			p.sets[name] = s
		}
		for _, e := range o.Elements {
			s.elements = append(s.elements, p.element(name, e))
		}
		s.elements = catchallLast(s.elements)
	case "rule":
		c := p.set.chains[chainName{o.Family, o.Table, o.Chain}]
		if c == nil {
			return fmt.Errorf("chain %q is not listed", o.Chain)
		}
		r := &rule{Rule: Rule{
			Backend: NFTables, Family: o.Family, Table: o.Table, Chain: o.Chain, Handle: o.Handle, Number: len(c.rules) + 1,
			Text: rendered(o.Expr),
		}}
		for _, statement := range o.Expr {
			r.steps = append(r.steps, p.statement(c.chainName, statement)...)
		}
		c.rules = append(c.rules, r)
	}
	return nil
}

func (p *listed) chain(name chainName, o nftObject) {
	c := &chain{chainName: name, backend: NFTables, policy: Accept}
	if kind, ok := o.Type.(string); ok && o.Hook != "" && !p.dormant[[2]string{o.Family, o.Table}] {
		c.kind, c.hook, c.priority, c.devices = kind, o.Hook, o.Priority, texts(o.Device)
		if o.Policy != "" {
			c.policy = Action(o.Policy)
		}
		c.text = fmt.Sprintf("type %s hook %s priority %d; policy %s;", kind, o.Hook, o.Priority, c.policy)
	}
	p.set.add(c)
}

// texts returns the strings of v, which is a string or a list of strings.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, e := range v {
			if s, ok := e.(string); ok {
				all = append(all, s)
			}
		}
		return all
	}
	return nil
}
