package redact

import "strings"

const (
	maxMessage = 1024     // the length, in bytes, to which Message cuts a text
	maxRead    = 8 * 1024 // of it are read: a secret that is cut in two may not look like one
)

// Message returns a message of the cluster on one line, without secrets and control characters, cut to a bounded length.
func Message(message string) string {
	message = Secrets(Line(strings.Join(strings.Fields(cut(message, maxRead)), " ")))
	if len(message) > maxMessage {
		message = cut(message, maxMessage) + "..."
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
