package nsg

// world is a packet with what is known and what is assumed of the rest.
type world struct {
	packet  Packet
	sets    *Sets
	assumed map[string]bool // by the keys of doubts
	left    *int            // remaining steps of the verdict; negative: too many were taken
}

// ask reports whether the statement with the key is assumed to be true.
func (w *world) ask(key, reason string) answer {
	if v, ok := w.assumed[key]; ok {
		return known(v)
	}
	return answer{maybe, doubt{key, reason}}
}

// unknown is the answer of a match that depends on the packet's unknown address or port.
func unknown(reason string) answer { return answer{maybe, doubt{"", reason}} }

// spend takes n steps.
func (w *world) spend(n int) { *w.left -= n }
