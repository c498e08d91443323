package errtext

import (
	"reflect"
	"strings"
	"testing"
)

func FuzzExplain(f *testing.F) {
	for _, s := range samples() {
		f.Add(fill(s.text, plain))
	}
	f.Add("\x1b]0;dial tcp 10.0.0.1:1\x07 dial tcp [fe80::1%\x1b[31m]:10250: i/o timeout")
	f.Add("failed calling webhook \"\u202ex.io\"\xff\xfe: EOF")
	known := map[Class]bool{None: true}
	for _, r := range table() {
		known[r.class] = true
	}
	const in = "abcdefghijklmnopqrstuvwxyz0123456789.:-_[]"
	f.Fuzz(func(t *testing.T, text string) {
		e := Explain(text)
		if !known[e.Class] || e.Meaning == "" || e.Tunnel == "" {
			t.Errorf("%+v", e)
		}
		names := e.Target + e.Webhook
		if len(names) > 600 || strings.ContainsFunc(names, func(r rune) bool { return !strings.ContainsRune(in, r) }) {
			t.Errorf("%q %q", e.Target, e.Webhook)
		}
		for _, again := range []string{" \t" + text + "\r\n", "error: " + text, "\nerror:  Error: " + text} {
			if got := Explain(again); !reflect.DeepEqual(got, e) {
				t.Errorf("%q is %+v, %q is %+v", text, e, again, got)
			}
		}
		if all := ExplainAll(text); len(all) > maxAnswers {
			t.Errorf("%d explanations", len(all))
		}
	})
}

func BenchmarkExplain(b *testing.B) {
	text := fill(samples()[3].text, plain)
	for b.Loop() {
		Explain(text)
	}
}

func BenchmarkExplainNothing(b *testing.B) {
	text := strings.Repeat("nothing to see here, dial on: ", maxText/30)
	for b.Loop() {
		Explain(text)
	}
}
