package firewall

import (
	"strconv"
	"strings"
)

// Fix returns the commands, each as argv, that allow packets to p's port past the deciding rule, with the smallest change.
// It returns nil unless the verdict is Drop or Reject.
//
//   - A rule about just that port is deleted. A rule that blocks more, or a chain's policy, stays: a rule that accepts the
//     port is inserted right before it, or at the start of the chain.
//   - If ufw decided, ufw allows the port. Against a rule of the user in ufw that is not enough: the first matching rule
//     wins, and ufw keeps the position of an existing rule for the same port. So that rule is first changed to allow (ufw
//     replaces the action), then deleted, then prepended. Rules of /etc/ufw/before.rules precede all of the user's and are
//     changed by iptables; that lasts until ufw is reloaded.
//
// Another rule may block the packet next: evaluate again after running the commands. Rule numbers are those of the parsed
// output.
func (v Verdict) Fix(p Packet) [][]string {
	if !v.Blocked() || v.Rule == nil {
		return nil
	}
	r, protocol := *v.Rule, strings.ToLower(p.Protocol)
	port := strconv.Itoa(int(p.Port))
	switch {
	case v.Ufw && !beforeUser(r.Chain):
		return r.allow(port, protocol)
	case r.Backend == NFTables:
		return [][]string{r.fixNft(port, protocol)}
	}
	command := []string{r.Backend, "-t", r.Table}
	if r.Number > 0 && r.onlyPort(port, protocol) {
		if words, err := split(r.Text); err == nil && len(words) > 2 {
			command = append(command, "-D", r.Chain)
			for _, w := range words[2:] {
				command = append(command, w.text)
			}
			return [][]string{command}
		}
	}
	return [][]string{append(command, "-I", r.Chain, strconv.Itoa(max(r.Number, 1)),
		"-p", protocol, "--dport", port, "-j", "ACCEPT")}
}

// beforeUser reports whether ufw traverses the chain before the user's rules.
func beforeUser(chain string) bool {
	_, name, _ := strings.Cut(chain, "-")
	return strings.HasPrefix(name, "before-") || name == "not-local"
}

// allow returns the ufw commands that allow the port.
func (r Rule) allow(port, protocol string) [][]string {
	allow := func(verb string) []string { return []string{"ufw", verb, "allow", port + "/" + protocol} }
	chain := strings.ToLower(r.Chain)
	switch {
	case strings.HasSuffix(chain, "output"):
		allow = func(verb string) []string { return []string{"ufw", verb, "allow", "out", port + "/" + protocol} }
	case strings.HasSuffix(chain, "forward"):
		allow = func(verb string) []string {
			return []string{"ufw", "route", verb, "allow", "proto", protocol, "to", "any", "port", port}
		}
	}
	plain := without(allow(""), "")
	if !strings.Contains(chain, "-user-") {
		return [][]string{plain}
	}
	return [][]string{plain, allow("delete"), allow("prepend")}
}

func without(words []string, word string) []string {
	var rest []string
	for _, w := range words {
		if w != word {
			rest = append(rest, w)
		}
	}
	return rest
}

// onlyPort reports whether the iptables rule matches only packets to that port.
func (r Rule) onlyPort(port, protocol string) bool {
	words, err := split(r.Text)
	if err != nil {
		return false
	}
	named, ported := false, false
	for i := 1; i+1 < len(words); i++ {
		if words[i].quoted || words[i-1].text == "!" {
			continue
		}
		switch words[i].text {
		case "-p", "--protocol":
			named = named || words[i+1].text == protocol
		case "--dport", "--destination-port", "--dports", "--destination-ports":
			ported = ported || words[i+1].text == port
		}
	}
	return named && ported
}

// fixNft returns the nft command that deletes the rule, or inserts an accepting one before it.
func (r Rule) fixNft(port, protocol string) []string {
	accept := []string{protocol, "dport", port, "accept"}
	name := []string{r.Family, r.Table, r.Chain}
	switch {
	case r.Number > 0 && r.Handle > 0 && strings.Contains(" "+r.Text+" ", " "+protocol+" dport "+port+" "):
		return append(append([]string{"nft", "delete", "rule"}, name...), "handle", strconv.Itoa(r.Handle))
	case r.Number > 0 && r.Handle > 0:
		return append(append(append([]string{"nft", "insert", "rule"}, name...), "position", strconv.Itoa(r.Handle)), accept...)
	}
	return append(append([]string{"nft", "insert", "rule"}, name...), accept...)
}
