package checks

import (
	"encoding/json"

	"github.com/akstools/akstools/internal/check"
)

// fix returns a fix with its commands, each an argv.
func fix(title string, commands ...[]string) check.Fix {
	return check.Fix{Title: title, Commands: commands}
}

func kubectl(args ...string) []string { return append([]string{"kubectl"}, args...) }

// patch renders the body of `kubectl patch`.
func patch(body any) string {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // maps of strings and numbers
	}
	return string(b)
}
