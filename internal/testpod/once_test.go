package testpod

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/akstools/akstools/internal/endpoints"
)

var onceRequests = []Request{
	{Address: "10.0.0.1:80", Protocol: endpoints.HTTP, Host: "web"},
	{Address: "10.0.0.2:80"},
	{Address: "10.0.0.3:443", Protocol: endpoints.HTTPS},
	{Address: "[fd00::1]:80", Protocol: endpoints.HTTP, Path: "/x"},
}

func TestOnceArgs(t *testing.T) {
	args, err := onceArgs(onceRequests, 1600*time.Millisecond)
	want := []string{"2", "10.0.0.1", "80", "web", "/", "10.0.0.2", "80", "", "", "10.0.0.3", "443", "", "", "fd00::1", "80", "", "/x"}
	if diff := cmp.Diff(want, args); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestParseOnce(t *testing.T) {
	for message, want := range map[string][]endpoints.Answer{
		"2 C\n0 C HTTP/1.1 404 Not Found@\n3 C @\n1 F nc: 10.0.0.2 (10.0.0.2:80): Connection refused\nend\n": {
			{Connect: endpoints.Connected, Spoken: endpoints.HTTP, Status: 404},
			{Connect: endpoints.Refused},
			{Connect: endpoints.Connected},
			{Connect: endpoints.Connected, Spoken: endpoints.Closed},
		},
		"0 C \n1 F nc: timed out\n2 C\n3 C SSH-2.0-x@\nend": {
			{Connect: endpoints.Connected, Spoken: endpoints.Nothing},
			{Connect: endpoints.TimedOut},
			{Connect: endpoints.Connected},
			{Connect: endpoints.Connected, Spoken: endpoints.Other},
		},
		"0 C \n1 C\n2 C\n3 C":          nil, // cut off
		"0 C \n1 C\n2 C\nend":          nil, // one is missing
		"0 F what\n1 C\n2 C\n3 C\nend": nil, // unknown error
		"9 C\nend":                     nil,
		"-1 C\nend":                    nil,
		"":                             nil,
		"\x1b[2J C\nend":               nil,
	} {
		got, err := parseAnswers(message, onceRequests)
		if diff := cmp.Diff(want, got); diff != "" || (err == nil) != (want != nil) {
			t.Errorf("%q: %v\n%s", message, err, diff)
		}
	}
}

func FuzzParseOnce(f *testing.F) {
	f.Add("0 C HTTP/1.1 200 OK@\n1 F refused\n2 C\n3 C\nend\n")
	f.Fuzz(func(t *testing.T, message string) {
		answers, err := parseAnswers(message, onceRequests)
		if err == nil && (len(answers) != len(onceRequests) || !strings.Contains(message, "end")) {
			t.Errorf("%q: %+v", message, answers)
		}
	})
}

func TestDNSArgs(t *testing.T) {
	args, takes, err := dnsArgs(
		[]Request{{Address: "10.0.0.1:53", Timeout: 5 * time.Second}, {Address: "[fd00::1]:5353", Timeout: 200 * time.Millisecond}},
	)
	if diff := cmp.Diff([]string{"10.0.0.1", "53", "5", "fd00::1", "5353", "1"}, args); diff != "" || takes != 6*time.Second || err != nil {
		t.Error(err, takes, diff)
	}
	if _, _, err := dnsArgs(make([]Request, MaxOnce+1)); err == nil {
		t.Error("too many requests are accepted")
	}
}
