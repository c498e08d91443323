package sarif

import (
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
)

// message is a message with the text as it is.
func message(text string) *sarif.Message { return sarif.NewTextMessage(literal(text)) }

// literal returns the text as SARIF writes it in messages: braces are doubled, because single ones are placeholders, and no part of it is
// a link, whatever the cluster wrote.
func literal(text string) string {
	if text == "" {
		return "-" // SARIF has no empty messages
	}
	return markup.Replace(text)
}

var markup = strings.NewReplacer("{", "{{", "}", "}}", "](", "] (")
