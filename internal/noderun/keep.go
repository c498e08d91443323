package noderun

import "slices"

// kept keeps the first or the last bytes that are written to it.
type kept struct {
	most int  // that are kept
	end  bool // the last ones

	data  []byte
	next  int // with end, once data has most bytes: where the oldest of them is
	total int64
}

// Write implements io.Writer.
func (k *kept) Write(p []byte) (int, error) {
	n := len(p)
	k.total += int64(n)
	if room := k.most - len(k.data); room > 0 {
		room = min(room, len(p))
		k.data = append(k.data, p[:room]...)
		p = p[room:]
	}
	if !k.end || k.most == 0 {
		return n, nil
	}
	if skip := len(p) - k.most; skip > 0 {
		p = p[skip:]
	}
	for len(p) > 0 {
		c := copy(k.data[k.next:], p)
		k.next, p = (k.next+c)%k.most, p[c:]
	}
	return n, nil
}

// bytes returns what is kept.
func (k *kept) bytes() []byte {
	if k.next == 0 {
		return k.data
	}
	return slices.Concat(k.data[k.next:], k.data[:k.next])
}

// cut reports whether not all is kept.
func (k *kept) cut() bool { return k.total > int64(len(k.data)) }
