package facts

import "testing"

func TestComplaint(t *testing.T) {
	for want, lines := range map[string][]string{
		`invalid value "8080\n" for flag -http: parse error`: {
			"starting", `invalid value "8080\n" for flag -http: parse error`, "Usage of /app:", "  -bind string", "     address", "  -http int",
		},
		"unknown flag: --prot": {"unknown flag: --prot", "usage:", "  app [flags]"},
	} {
		if got := complaint(lines); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for _, lines := range [][]string{
		nil,
		{"Usage of /app:", "  -http int"},
		{"a", "Usage of /app:", "  -http int", "panic: x"},
		{"usage: app [-h]", "app: error: unrecognized arguments: -x"},
		{"a", "  b", "  c"},
	} {
		if got := complaint(lines); got != "" {
			t.Errorf("%q: %q", lines, got)
		}
	}
}
