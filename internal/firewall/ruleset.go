package firewall

// What is parsed is bounded: it comes from a node, whose firewall may be of any size or make no sense.
const (
	maxBytes = 64 << 20
	maxDepth = 128     // of chains that jump to each other, and of nested expressions
	maxSteps = 2 << 20 // that one verdict takes
)

// Ruleset is what one tool printed.
type Ruleset struct {
	backend string
	chains  map[chainName]*chain
	bases   []*chain // those that hang on a hook, in the order printed
	unread  []string // tables that the tool could not print
}

type chainName struct{ family, table, name string }

// label is the chain in a Verdict's Path.
func (c *chain) label() string {
	if c.backend == NFTables {
		return c.family + " " + c.table + " " + c.name
	}
	return c.table + " " + c.name
}

type chain struct {
	chainName
	backend  string
	kind     string // filter, nat or route
	hook     string // empty: other chains jump to it
	priority int
	devices  []string // of an ingress or egress chain
	policy   Action
	text     string // the policy as it is printed
	rules    []*rule
}

// rule is a Rule with what it does, step by step.
type rule struct {
	Rule
	steps []step
}

// step is a part of a rule: it has exactly one of match, change and cases. A step that does not match ends the rule.
type step struct {
	text   string // as printed
	match  func(*crossing, *flow) truth
	change func(*crossing, *flow)
	cases  []verdictCase // the first of which the key is the step's is done; where none is the rule ends
	key    field         // nil: every case holds
}

// verdictCase is what a rule does with the packet.
type verdictCase struct {
	key     literal
	verdict verdict
}

type verdict struct {
	does   does
	chain  *chain // of jump and go to
	reason string // of unclear: why
}

type does int

const (
	accept does = iota
	drop
	reject
	unclear // it may become of the packet what we cannot tell
	jump
	goTo
	back
	proceed // with the next rule
)

func always(v verdict) []verdictCase { return []verdictCase{{verdict: v}} }

// uncertain is a step of which nothing is known.
func uncertain(text string) step {
	return step{text: text, match: func(*crossing, *flow) truth { return maybe }}
}

func (rs *Ruleset) add(c *chain) {
	rs.chains[c.chainName] = c
	if c.hook != "" {
		rs.bases = append(rs.bases, c)
	}
}

// decides says whether the chain can do anything to a packet but let it pass.
func (c *chain) decides() bool { return len(c.rules) > 0 || c.policy != Accept }

// policyRule is the chain's policy as a Rule.
func (c *chain) policyRule() *Rule {
	return &Rule{Backend: c.backend, Family: c.family, Table: c.table, Chain: c.name, Text: c.text}
}
