package firewall

// Limits of parsing and evaluation: the input comes from a node and may be of any size.
const (
	maxBytes = 64 << 20
	maxDepth = 128     // of nested jumps, and of nested expressions
	maxSteps = 2 << 20 // of one verdict
)

// Ruleset is the parsed output of one tool. Parsed once, it is only read, so it may be used concurrently.
type Ruleset struct {
	backend string
	chains  map[chainName]*chain
	bases   []*chain // base chains, in the order printed
	unread  []string // tables that the tool could not print
}

type chainName struct{ family, table, name string }

// label returns the chain as it appears in a Verdict's Path.
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
	hook     string // empty: not a base chain; other chains jump to it
	priority int
	devices  []string // of an ingress or egress chain
	policy   Action
	text     string // the policy as printed
	rules    []*rule
}

// rule is a Rule and its steps, in order.
type rule struct {
	Rule
	steps []step
}

// step is a part of a rule. It has exactly one of match, change and cases. The rule ends at a step that does not match.
type step struct {
	text   string // as printed
	match  func(*crossing, *flow) truth
	change func(*crossing, *flow)
	cases  []verdictCase // the first whose key equals the step's applies; if none does, the rule ends
	key    field         // nil: every case applies
}

// verdictCase is a verdict and the key for which it applies.
type verdictCase struct {
	key     literal
	verdict verdict
}

type verdict struct {
	does   does
	chain  *chain // of jump and go to
	reason string // of unclear: why
	// redirects reports whether an unclear one sends the packet to another destination.
	redirects bool
}

type does int

const (
	accept does = iota
	drop
	reject
	unclear // unknown: it may accept, block or change the packet
	jump
	goTo
	back    // return to the calling chain
	proceed // continue with the next rule
)

func always(v verdict) []verdictCase { return []verdictCase{{verdict: v}} }

// uncertain returns a step that may or may not match.
func uncertain(text string) step {
	return step{text: text, match: func(*crossing, *flow) truth { return maybe }}
}

func (rs *Ruleset) add(c *chain) {
	rs.chains[c.chainName] = c
	if c.hook != "" {
		rs.bases = append(rs.bases, c)
	}
}

// decides reports whether the chain can do anything but accept.
func (c *chain) decides() bool { return len(c.rules) > 0 || c.policy != Accept }

// policyRule returns the chain's policy as a Rule.
func (c *chain) policyRule() *Rule {
	return &Rule{Backend: c.backend, Family: c.family, Table: c.table, Chain: c.name, Text: c.text}
}
