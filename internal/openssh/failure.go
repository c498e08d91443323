package openssh

import (
	"strings"

	"github.com/akstools/akstools/internal/cmdline"
)

// Failure is why ssh did not get a session, by what it wrote.
type Failure int

const (
	// Unknown is a failure that ssh's own words must explain, or none.
	Unknown Failure = iota
	// NotAuthorized: the server took none of the keys, and no password.
	NotAuthorized
	// HostKeyChanged: the server's key is another than the one that is known.
	HostKeyChanged
	// HostKeyUnknown: the server's key is not known and nobody could be asked.
	HostKeyUnknown
	// TooManyKeys: the server ended the session before the right key was offered.
	TooManyKeys
	// NotForwarded: the server in between did not reach the next one; Forwarding says why.
	NotForwarded
	// ForwardingForbidden: the server in between connects nobody onwards.
	ForwardingForbidden
)

// failures are the words of OpenSSH (sshconnect.c, sshconnect2.c, packet.c of https://github.com/openssh/openssh-portable), in the order in which they decide.
var failures = []struct {
	phrase  string
	failure Failure
}{
	{"REMOTE HOST IDENTIFICATION HAS CHANGED", HostKeyChanged},
	{"Too many authentication failures", TooManyKeys},
	{"Permission denied (", NotAuthorized},
	{"Host key verification failed", HostKeyUnknown},
	{"open failed: administratively prohibited", ForwardingForbidden},
	{forwarding, NotForwarded},
}

// forwarding stands before why the server in between did not reach the next one.
const forwarding = "open failed: connect failed: "

// Forwarding returns why, for NotForwarded.
func Forwarding(stderr string) string {
	_, why, _ := strings.Cut(stderr, forwarding)
	why, _, _ = strings.Cut(why, "\n")
	return strings.TrimSpace(why)
}

// Names says whether ssh's words are of this host: with -W, those of two stand in one stderr.
func (h Host) Names(stderr string) bool {
	alias := Alias(h.Node, h.UID)
	for _, phrase := range []string{
		"@" + h.Node + ": Permission denied (", "key for " + alias + " has changed", "key is known for " + alias + " and",
		"'" + alias + " (", // whose authenticity cannot be established
	} {
		if strings.Contains(stderr, phrase) {
			return true
		}
	}
	return false
}

// FailureOf reads what ssh wrote to stderr.
func FailureOf(stderr string) Failure {
	for _, f := range failures {
		if strings.Contains(stderr, f.phrase) {
			return f.failure
		}
	}
	return Unknown
}

func quoted(word string) string { return cmdline.Quote([]string{word}) }
