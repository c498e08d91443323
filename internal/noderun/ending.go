package noderun

import (
	"fmt"
	"strconv"
	"strings"
)

// The kinds of frames, each a frame's first letter.
const (
	frameStart = 'S' // the command is about to run
	frameTaken = 'A' // it took so many more bytes of stdin
	frameEnd   = 'E' // the stream has ended; on stderr and on a terminal with the numbers of an ending
)

// ending is how a command ended.
type ending struct {
	code     int
	stdinEOF bool  // the command's side saw the end of stdin ...
	stdin    int64 // ... after this many bytes
}

// parseEnding reads "CODE EOF COUNT".
func parseEnding(text string) (e ending, err error) {
	fields := strings.Fields(text)
	if len(fields) != 3 {
		return e, fmt.Errorf("end of the command: %q is not three numbers", text)
	}
	if e.code, err = strconv.Atoi(fields[0]); err != nil || e.code < 0 || e.code > 255 {
		return e, fmt.Errorf("end of the command: %q is no exit code", fields[0])
	}
	e.stdinEOF = fields[1] == "1"
	if e.stdin, err = strconv.ParseInt(fields[2], 10, 64); err != nil {
		return e, fmt.Errorf("end of the command: %q is no count", fields[2])
	}
	return e, nil
}
