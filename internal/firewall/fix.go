package firewall

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/akstools/akstools/internal/cmdline"
)

// Fix returns the commands that allow packets to p's port past the deciding rule, with the smallest change.
// It returns nil unless the verdict is Drop or Reject, and for rules with names that no administrator gives.
//
//   - A rule about just that port is deleted. A rule that blocks more, or a chain's policy, stays: a rule that accepts the
//     port is inserted right before it, or at the start of the chain.
//   - If ufw decided, ufw allows the port. Against a rule of the user in ufw that is not enough: the first matching rule
//     wins, and ufw keeps the position of an existing rule for the same port. So that rule is first changed to allow (ufw
//     replaces the action), then deleted, then prepended. Rules of /etc/ufw/before.rules precede all of the user's and are
//     changed by iptables; that lasts until ufw is reloaded.
//
// Another rule may block the packet next: evaluate again after running the commands. Rule numbers are those of the parsed
// output. The rules come from the node, and the commands run as root there: no word of a rule becomes an option that it is not
// known to be.
func (v Verdict) Fix(p Packet) []cmdline.Command {
	if !v.Blocked() || v.Rule == nil || !identifier.MatchString(v.Rule.Table) || !identifier.MatchString(v.Rule.Chain) {
		return nil
	}
	r, protocol := *v.Rule, strings.ToLower(p.Protocol)
	port := strconv.Itoa(int(p.Port))
	switch {
	case v.Ufw && !beforeUser(r.Chain):
		return r.allow(port, protocol)
	case r.Backend == NFTables:
		return r.fixNft(port, protocol)
	}
	command, ok := r.iptables()
	switch {
	case !ok:
		return nil
	case r.Number > 0 && r.onlyPort(port, protocol):
		if spec, ok := r.specification(); ok {
			return []cmdline.Command{command.With("-D", r.Chain).With(spec...)}
		}
		return []cmdline.Command{command.With("-D", r.Chain, strconv.Itoa(r.Number))}
	}
	insert := command.With("-I", r.Chain, strconv.Itoa(max(r.Number, 1)))
	return []cmdline.Command{insert.With("-p", protocol, "--dport", port, "-j", "ACCEPT")}
}

// identifier is the form of the names of tables and chains. nft requires it (https://www.netfilter.org/projects/nftables/manpage.html,
// "Lexical conventions"); iptables allows more, but nobody uses it.
var identifier = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.:/-]*$`)

// iptables returns the command of the rule's backend, on its table. ok is false if it has none.
func (r Rule) iptables() (command cmdline.Command, ok bool) {
	switch r.Backend {
	case IPTables:
		command = cmdline.Program(IPTables)
	case IPTablesLegacy:
		command = cmdline.Program(IPTablesLegacy)
	case IP6Tables:
		command = cmdline.Program(IP6Tables)
	case IP6TablesLegacy:
		command = cmdline.Program(IP6TablesLegacy)
	default:
		return command, false
	}
	return command.With("-t", r.Table), true
}

// List returns the command that lists the rule's chain.
func (r Rule) List() cmdline.Command {
	if command, ok := r.iptables(); ok && identifier.MatchString(r.Table) && identifier.MatchString(r.Chain) {
		return command.With("-S", r.Chain)
	}
	return cmdline.Program("nft", "list", "ruleset")
}

// ordinary are the options by which a rule is deleted word by word. iptables has some that do more than match, such as --modprobe,
// which names a program to run.
var ordinary = strings.Fields(`-p --protocol -s --source -d --destination -i --in-interface -o --out-interface -m --match -j --jump
	-g --goto --dport --dports --destination-port --destination-ports --sport --sports --source-port --source-ports --ports --ctstate --state
	--comment --reject-with --syn --tcp-flags --src-type --dst-type --src-range --dst-range --mark`)

// harmless is the form of words that no shell takes for anything else, also within quotes and if one shell passes them on to another, as
// PowerShell does to cmd.exe for az.
var harmless = regexp.MustCompile(`^[A-Za-z0-9_.,:/@+=!() -]*$`)

// specification returns the words of the rule behind its chain. ok is false if one looks like an option and is not ordinary, or is not
// harmless: then the rule can still be deleted by its number.
func (r Rule) specification() (words []string, ok bool) {
	all, err := split(r.Text)
	if err != nil || len(all) < 3 {
		return nil, false
	}
	for _, w := range all[2:] {
		if strings.HasPrefix(w.text, "-") && !slices.Contains(ordinary, w.text) || !harmless.MatchString(w.text) {
			return nil, false
		}
		words = append(words, w.text)
	}
	return words, true
}

// beforeUser reports whether ufw traverses the chain before the user's rules.
func beforeUser(chain string) bool {
	_, name, _ := strings.Cut(chain, "-")
	return strings.HasPrefix(name, "before-") || name == "not-local"
}

// allow returns the ufw commands that allow the port.
func (r Rule) allow(port, protocol string) []cmdline.Command {
	where := []string{"allow", port + "/" + protocol}
	ufw := cmdline.Program("ufw")
	chain := strings.ToLower(r.Chain)
	switch {
	case strings.HasSuffix(chain, "output"):
		where = []string{"allow", "out", port + "/" + protocol}
	case strings.HasSuffix(chain, "forward"):
		ufw, where = ufw.With("route"), []string{"allow", "proto", protocol, "to", "any", "port", port}
	}
	plain := ufw.With(where...)
	if !strings.Contains(chain, "-user-") {
		return []cmdline.Command{plain}
	}
	return []cmdline.Command{plain, ufw.With("delete").With(where...), ufw.With("prepend").With(where...)}
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

// fixNft returns the nft command that deletes the rule, or inserts an accepting one before it. It returns nil for a family that nft
// does not have.
func (r Rule) fixNft(port, protocol string) []cmdline.Command {
	if !slices.Contains([]string{"ip", "ip6", "inet", "netdev"}, r.Family) {
		return nil
	}
	chain := []string{r.Family, r.Table, r.Chain}
	insert := cmdline.Program("nft", "insert", "rule").With(chain...)
	accept := []string{protocol, "dport", port, "accept"}
	handle := strconv.Itoa(r.Handle)
	switch {
	case r.Number > 0 && r.Handle > 0 && strings.Contains(" "+r.Text+" ", " "+protocol+" dport "+port+" "):
		return []cmdline.Command{cmdline.Program("nft", "delete", "rule").With(chain...).With("handle", handle)}
	case r.Number > 0 && r.Handle > 0:
		insert = insert.With("position", handle)
	}
	return []cmdline.Command{insert.With(accept...)}
}
