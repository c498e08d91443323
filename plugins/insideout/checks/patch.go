package checks

import "encoding/json"

// patch renders the body of `kubectl patch`.
func patch(body any) string {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // maps of strings and numbers
	}
	return string(b)
}
