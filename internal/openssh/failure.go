package openssh

import (
	"strings"
)

// Failure is why ssh failed to log in.
type Failure int

const (
	// Unknown is any other failure, or none. Only ssh's own message explains it.
	Unknown Failure = iota
	// NotAuthorized: the server rejected all keys and passwords.
	NotAuthorized
	// HostKeyChanged: the server's host key differs from the known one.
	HostKeyChanged
	// HostKeyUnknown: the server's host key is unknown and was not confirmed.
	HostKeyUnknown
	// TooManyKeys: the server closed the connection before the right key was offered.
	TooManyKeys
	// NotForwarded: the hop's server could not connect to the next one; Forwarding returns the reason.
	NotForwarded
	// ForwardingForbidden: the hop's server does not allow forwarding.
	ForwardingForbidden
)

// failures are phrases in messages of OpenSSH (sshconnect.c, sshconnect2.c, packet.c of
// https://github.com/openssh/openssh-portable). The first match decides.
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

// forwarding precedes the reason of NotForwarded.
const forwarding = "open failed: connect failed: "

// Forwarding returns the reason of NotForwarded.
func Forwarding(stderr string) string {
	_, reason, _ := strings.Cut(stderr, forwarding)
	reason, _, _ = strings.Cut(reason, "\n")
	return strings.TrimSpace(reason)
}

// Names reports whether a message in stderr is about this host. With a hop, stderr has messages about two hosts.
func (h Host) Names(stderr string) bool {
	alias := Alias(h.Node, h.UID)
	for _, phrase := range []string{
		"@" + h.Node + ": Permission denied (", "key for " + alias + " has changed", "key is known for " + alias + " and",
		"'" + alias + " (", // "The authenticity of host ... can't be established"
	} {
		if strings.Contains(stderr, phrase) {
			return true
		}
	}
	return false
}

// FailureOf returns the failure that ssh's stderr reports.
func FailureOf(stderr string) Failure {
	for _, f := range failures {
		if strings.Contains(stderr, f.phrase) {
			return f.failure
		}
	}
	return Unknown
}
