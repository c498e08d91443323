package nodecheck

import (
	"strings"
	"time"
)

// KubeletState is the state of a node's own kubelet. Empty fields are unknown.
type KubeletState struct {
	Unit    string   `json:"unit,omitempty"`    // from `systemctl is-active`
	Process string   `json:"process,omitempty"` // state from ps: T is stopped, D hangs in the kernel
	Listed  bool     `json:"listed"`            // Listens is known
	Listens []string `json:"listens,omitempty"` // addresses on which something listens on port 10250, such as "*:10250"
	Local   Outcome  `json:"local,omitempty"`   // of a request to 127.0.0.1
	Own     Outcome  `json:"own,omitempty"`     // of a request to the node's own address
	Error   string   `json:"error,omitempty"`   // of the last of these requests that failed
	// Tracked is the number of connections that the node's kernel tracks, and MaxTracked how many it can; zero: unknown.
	Tracked    int `json:"tracked,omitempty"`
	MaxTracked int `json:"maxTracked,omitempty"`
	// Watches is the number of root's inotify instances, and MaxWatches how many it may have; zero: unknown. The kubelet needs one for each
	// log that is followed.
	Watches    int `json:"watches,omitempty"`
	MaxWatches int `json:"maxWatches,omitempty"`
	// StreamIdle is after how many seconds containerd ends a stream (exec, attach, port-forward) on which nothing is sent; zero: unknown, or
	// never.
	StreamIdle int `json:"streamIdle,omitempty"`
}

// Elsewhere reports whether something listens on the port, but not on an address that other nodes connect to.
func (k KubeletState) Elsewhere(own string) bool {
	if !k.Listed || len(k.Listens) == 0 {
		return false
	}
	for _, l := range k.Listens {
		host := strings.Trim(strings.TrimSuffix(l, ":10250"), "[]")
		if host == "*" || host == "0.0.0.0" || host == "::" || host == own || strings.HasSuffix(host, "%"+own) {
			return false
		}
	}
	return true
}

// ofLimit parses two numbers, such as one and its limit, with a space between them.
func ofLimit(text string) (used, limit int) {
	first, second, _ := strings.Cut(strings.TrimSpace(text), " ")
	return int(number(first)), int(number(second))
}

func kubeletState(lines []string) *KubeletState {
	var k KubeletState
	for _, line := range lines {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "unit":
			k.Unit = rest
		case "process":
			k.Process = strings.TrimSpace(rest)
		case "listens":
			k.Listens = append(k.Listens, rest)
		case "listed":
			k.Listed = true
		case "streams":
			if d, err := time.ParseDuration(rest); err == nil && d > 0 {
				k.StreamIdle = max(int(d.Seconds()), 1)
			}
		case "inotify":
			k.Watches, k.MaxWatches = ofLimit(rest)
		case "tracked":
			k.Tracked, k.MaxTracked = ofLimit(rest)
		case "local":
			var text string
			if k.Local, text = outcome(rest); text != "" {
				k.Error = text
			}
		case "own":
			var text string
			if k.Own, text = outcome(rest); text != "" {
				k.Error = text
			}
		}
	}
	return &k
}
