package firewall

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// ParseNft reads what nft -j list ruleset prints (libnftables-json(5)). What the rules hold that is not known makes them
// uncertain; it is an error only if the text is not such a listing, or speaks of tables or chains without naming them.
func ParseNft(text []byte) (*Ruleset, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("reading nft's ruleset: more than %d bytes", maxBytes)
	}
	var listing struct {
		Objects []map[string]json.RawMessage `json:"nftables"`
	}
	if err := json.Unmarshal(text, &listing); err != nil {
		return nil, fmt.Errorf("reading nft's ruleset: %w", err)
	}
	if listing.Objects == nil {
		return nil, errors.New("reading nft's ruleset: it is not a listing of nft -j")
	}
	p := &listed{
		set:     &Ruleset{backend: NFTables, chains: map[chainName]*chain{}},
		sets:    map[chainName]*namedSet{},
		dormant: map[[2]string]bool{},
	}
	// rules name chains and sets, which may be listed later
	for _, kinds := range [][]string{{"table"}, {"chain"}, {"set", "map", "element"}, {"rule"}} {
		for i, object := range listing.Objects {
			for _, kind := range kinds {
				if raw, ok := object[kind]; ok {
					if err := p.object(kind, raw); err != nil {
						return nil, fmt.Errorf("reading nft's ruleset: object %d: %s: %w", i+1, kind, err)
					}
				}
			}
		}
	}
	return p.set, nil
}

// listed is the reading of one listing.
type listed struct {
	set     *Ruleset
	sets    map[chainName]*namedSet
	dormant map[[2]string]bool // tables by family and name
}

// namedSet is a set or a map of a table.
type namedSet struct {
	elements []element
}

// nftObject is any object of a listing, with the fields that matter.
type nftObject struct {
	Family   string
	Table    string
	Name     string
	Chain    string
	Handle   int
	Type     any
	Hook     string
	Priority int    `json:"prio"`
	Policy   string // of a base chain; accept where there is none
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
		return errors.New("without a family, a table or a name")
	}
	name := chainName{o.Family, o.Table, o.Name}
	switch kind {
	case "table":
		p.dormant[[2]string{o.Family, o.Name}] = slices.Contains(texts(o.Flags), "dormant")
	case "chain":
		if p.set.chains[name] != nil {
			return fmt.Errorf("chain %s is there twice", o.Name)
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
			return fmt.Errorf("of chain %q, which is not listed", o.Chain)
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

// texts are the strings of what is a string or a list of some.
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
