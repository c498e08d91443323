package openssh

import (
	"strings"

	"github.com/akstools/akstools/internal/report"
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
	// NoConnection: the program that makes the connection ended before the server spoke.
	NoConnection
)

// failures are the words of OpenSSH (sshconnect.c, sshconnect2.c, packet.c of https://github.com/openssh/openssh-portable), in the order in which they decide.
var failures = []struct {
	phrase  string
	failure Failure
}{
	{"REMOTE HOST IDENTIFICATION HAS CHANGED", HostKeyChanged},
	{"Permission denied (", NotAuthorized},
	{"Too many authentication failures", NotAuthorized},
	{"Host key verification failed", HostKeyUnknown},
	{"Connection closed by UNKNOWN", NoConnection},
	{"kex_exchange_identification", NoConnection},
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

func quoted(word string) string { return report.Quote([]string{word}) }
