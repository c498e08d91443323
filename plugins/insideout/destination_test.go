package insideout

import (
	"strings"
	"testing"

	"github.com/akstools/akstools/plugins/insideout/facts"
)

func TestParseDestination(t *testing.T) {
	for text, want := range map[string]facts.Destination{
		"db:5432":                   {Host: "db", Port: 5432},
		"api.shop.svc.:80":          {Host: "api.shop.svc.", Port: 80},
		"10.0.0.4:443":              {Host: "10.0.0.4", Port: 443},
		"[2001:db8::1]:443":         {Host: "2001:db8::1", Port: 443},
		"myacr.azurecr.io:443":      {Host: "myacr.azurecr.io", Port: 443},
		"db":                        {},
		"localhost:80":              {},
		"127.0.0.1:80":              {},
		"db:0":                      {},
		"db:65536":                  {},
		"db:http":                   {},
		":80":                       {},
		"a_b:80":                    {},
		"https://db.example.com:80": {},
		"$(reboot):80":              {},
	} {
		got, err := parseDestination(text)
		if got != want || (err == nil) != (want.Port != 0) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

func FuzzParseDestination(f *testing.F) {
	f.Add("db:5432")
	f.Add("[fe80::1%25eth0]:443")
	f.Fuzz(func(t *testing.T, text string) {
		to, err := parseDestination(text)
		if err == nil && (to.Port < 1 || to.Host == "" || strings.ContainsAny(to.Host, " '\"`$;&|<>\n\x00\x1b")) {
			t.Errorf("%q: %+v", text, to)
		}
	})
}
