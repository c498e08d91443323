// Package packets holds the checks of `kubectl insideout capture`: what became of connections, from the packets that were captured at
// several places on their way.
package packets

import "github.com/akstools/akstools/internal/check"

// The hops, in the order in which a request meets them.
const (
	hopCapture   = "capture"
	hopRequest   = "request"
	hopHandshake = "handshake"
	hopReply     = "reply"
	hopTLS       = "tls-handshake"
	hopAnswer    = "answer"
	hopQuality   = "quality"
)

// All returns the checks in evaluation order; the first failure is the verdict.
func All() []*check.Check {
	return []*check.Check{
		ConnectionsAreSeen, RequestsArrive, LargePacketsArrive, ConnectionsAreAccepted, AnswersArrive, AnswersReturnTheSameWay, TLSSucceeds,
		RequestsAreAnswered, AnswersAreNoErrors, AnswersAreQuick, NothingIsSentAgain,
	}
}
