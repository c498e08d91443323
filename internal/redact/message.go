package redact

import "strings"

const (
	maxMessage = 1024     // the length, in bytes, to which Message cuts a text
	maxRead    = 8 * 1024 // of it are read: a secret that is cut in two may not look like one
)

// Message returns a message of the cluster on one line, without secrets and control characters, cut to a bounded length.
func Message(message string) string { return Short(message, maxMessage) }

// Short is Message with a limit of its own, in bytes.
func Short(message string, limit int) string {
	message = strings.Join(strings.Fields(message), " ")
	if len(message) > maxRead {
		message = cut(message, maxRead)
		message = message[:strings.LastIndexByte(message, ' ')+1] + "..." // the last word may be half a secret
	}
	message = Secrets(Line(message))
	if len(message) > limit {
		message = cut(message, limit) + "..."
	}
	return message
}

// cut returns at most n bytes of the text.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "")
}
