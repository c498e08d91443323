package facts

import (
	"strings"
	"testing"
)

// An error that the kubelet writes in place of a log is one; a log that is longer than was asked for is not.
func TestEmptyOrByte(t *testing.T) {
	for text, fails := range map[string]bool{
		"": false, "2": false, "a server that ignores the limit": false,
		`failed to get parse function: unsupported log format: "\x00"`: true,
	} {
		if err := emptyOrByte(strings.NewReader(text)); (err != nil) != fails {
			t.Errorf("%q: %v", text, err)
		}
	}
}
