package filter

import (
	"strings"
	"testing"

	"golang.org/x/net/bpf"
)

// What is not known is named. What is known is compared with tcpdump, on packets, by TestRecorderAgreesWithTcpdump.
func TestCompileFails(t *testing.T) {
	for expression, want := range map[string]string{
		"vlan 7":                       `"vlan" is not known`,
		"tcp portrange 1-2":            `"portrange" does not belong there`,
		"port":                         "something is missing at its end",
		"port )":                       `something is missing before ")"`,
		"src and port 80":              `something is missing before "and"`,
		"port http":                    `port "http" is not a number up to 65535`,
		"port 65536":                   "not a number",
		"icmp port 7":                  "icmp before port is not known",
		"host example.com":             `host "example.com" is not an IP address`,
		"host fe80::1%eth0":            "not an IP address",
		"host ::ffff:1.2.3.4":          "wrong version of IP",
		"ip6 host 10.0.0.1":            "wrong version of IP",
		"tcp host 10.0.0.1":            "write tcp and host",
		"net 10.0.0.1/8":               "not a network such as",
		"(tcp":                         "a parenthesis is not closed",
		"tcp)":                         `")" does not belong there`,
		"tcp or":                       "something is missing at its end",
		"tcp[13] & 2 != 0":             `is not known`,
		strings.Repeat("(", 51):        "nested more than 50 deep",
		strings.Repeat("not ", 51):     "nested more than 50 deep",
		strings.Repeat("tcp or ", 300): "longer than 2000 bytes",
	} {
		if _, err := Compile(expression); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80q: %v, not %q", expression, err, want)
		}
	}
}

// FuzzCompile holds that each program is one that ends and that the kernel's bounds admit.
func FuzzCompile(f *testing.F) {
	for _, e := range []string{
		"", "tcp", "((tcp or udp) and (port 80 or port 8080)) or icmp or icmp6", "src 10.0.0.1 && !dst net fd00::/8", "port 80 or 443 or 8443",
	} {
		f.Add(e)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		raw, err := Compile(expression)
		if err != nil {
			return
		}
		if len(raw) > 4096 {
			t.Fatalf("%d instructions", len(raw))
		}
		program, _ := bpf.Disassemble(raw)
		for i, instruction := range program {
			next := len(program) - i - 1 // that follow
			switch j := instruction.(type) {
			case bpf.Jump:
				if int(j.Skip) >= next {
					t.Fatalf("%d jumps behind the end", i)
				}
			case bpf.JumpIf:
				if int(max(j.SkipTrue, j.SkipFalse)) >= next {
					t.Fatalf("%d jumps behind the end", i)
				}
			case bpf.RawInstruction:
				t.Fatalf("%d is unknown: %v", i, j)
			}
		}
		if _, ends := program[len(program)-1].(bpf.RetConstant); !ends {
			t.Fatal("it does not end")
		}
	})
}
