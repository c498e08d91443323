package redact

import "strings"

// maxMessage is the length, in bytes, to which Message cuts a text.
const maxMessage = 1024

// Message returns a message of the cluster on one line, without secrets and control characters, cut to a bounded length.
func Message(message string) string {
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "..."
	}
	return Secrets(Line(strings.Join(strings.Fields(message), " ")))
}
