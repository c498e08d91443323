package loadbalancer

// health is what is thought of a node from its answers to one probe. The zero value is a node that has not answered yet,
// and gets nothing.
type health struct {
	up, ever bool
	against  int // answers in a row that say the opposite of up
}

// after returns the health with one more answer. The first good one of all counts at once, as for a machine that has
// booted; later it takes threshold in a row to change it.
func (h health) after(good bool, threshold int) health {
	switch {
	case good == h.up:
		h.against = 0
	case good && !h.ever, h.against+1 >= threshold:
		return health{up: good, ever: true}
	default:
		h.against++
	}
	return h
}
