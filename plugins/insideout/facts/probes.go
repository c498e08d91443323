package facts

// Probes is embedded in what facts find out by connecting from a test pod or from this client.
type Probes struct {
	// Off is why no connection was made, such as "--no-probe"; empty if connections were made.
	Off string `json:"off,omitempty"`
}

// NotProbed returns why no connection was made; it is empty if connections were made.
func (p Probes) NotProbed() string { return p.Off }

// disabled reports whether the user disabled probes, and then sets Off.
func (p *Probes) disabled(e *Env) bool {
	if e.TestPods != nil {
		return false
	}
	p.Off = "--no-probe"
	return true
}
