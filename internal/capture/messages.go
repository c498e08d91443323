package capture

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/akstools/akstools/internal/transfer"
)

// messages is the stderr of tcpdump: it finds out that capturing has begun, and how many packets were dropped.
type messages struct {
	transfer.Tail
	ready   chan struct{}
	begun   bool
	dropped int
	line    string
}

// tcpdump's messages, which are not translated (https://github.com/the-tcpdump-group/tcpdump/blob/tcpdump-4.99.4/tcpdump.c).
var (
	listening = regexp.MustCompile(`listening on .*link-type`)
	linkType  = regexp.MustCompile(`data link type \S+$`)
	dropped   = regexp.MustCompile(`^(\d+) packets? dropped by (kernel|interface)`)
)

// Write implements io.Writer.
func (m *messages) Write(p []byte) (int, error) {
	m.line += string(p)
	for {
		line, rest, found := strings.Cut(m.line, "\n")
		if !found {
			m.line = line[max(0, len(line)-4096):]
			return len(p), nil
		}
		m.line = rest
		if listening.MatchString(line) && !m.begun {
			m.begun = true
			close(m.ready)
		} else if n := dropped.FindStringSubmatch(line); n != nil {
			count, _ := strconv.Atoi(n[1])
			m.dropped += count
		} else if !m.begun && !linkType.MatchString(line) {
			_, _ = m.Tail.Write([]byte(line + "\n"))
		}
	}
}
