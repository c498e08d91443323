package noderun

import (
	"fmt"
	"strconv"
	"strings"
)

// The kinds of frames that command.sh and terminal.sh write: the first letter of a frame's text.
const (
	frameStart = 'S' // the command is about to run
	frameAck   = 'A' // followed by the number of bytes of stdin taken since the last such frame
	frameEnd   = 'E' // the output has ended; on stderr and on a terminal followed by an ending
)

// ending is how a command ended, as its wrapper on the node reported it.
type ending struct {
	code     int
	stdinEOF bool  // the wrapper read stdin to its end,
	stdin    int64 // which was after this many bytes
}

// parseEnding parses "CODE EOF COUNT".
func parseEnding(text string) (e ending, err error) {
	fields := strings.Fields(text)
	if len(fields) != 3 {
		return e, fmt.Errorf("invalid end of the command's output: %q is not three numbers", text)
	}
	if e.code, err = strconv.Atoi(fields[0]); err != nil || e.code < 0 || e.code > 255 {
		return e, fmt.Errorf("invalid end of the command's output: %q is not an exit code", fields[0])
	}
	e.stdinEOF = fields[1] == "1"
	if e.stdin, err = strconv.ParseInt(fields[2], 10, 64); err != nil {
		return e, fmt.Errorf("invalid end of the command's output: %q is not a number of bytes", fields[2])
	}
	return e, nil
}
