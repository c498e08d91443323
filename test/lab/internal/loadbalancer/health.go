package loadbalancer

// health is the state of a node by its answers to one probe. The zero value is a node that has not answered yet; it
// gets no traffic.
type health struct {
	up, ever bool
	against  int // consecutive answers that contradict up
}

// after returns the health after one more answer. The first good answer counts at once, as for a machine that has just
// booted; later, threshold consecutive answers are needed for a change.
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
