package errtext

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func classes(es []Explanation) []Class {
	var cs []Class
	for _, e := range es {
		cs = append(cs, e.Class)
	}
	return cs
}

func TestExplainAll(t *testing.T) {
	const timeout = `"rpc error: desc = \"transport: dial tcp 20.1.2.3:443: i/o timeout\""`
	for _, c := range []struct {
		name, text string
		want       []Class
	}{
		{"nothing", "", nil},
		{"no error", "NAME READY\nweb 1/1\n", nil},
		{
			"one a line",
			"dial tcp 10.0.0.4:10250: i/o timeout\nwrite unix @->/tunnel-uds/proxysocket: write: broken pipe\n",
			[]Class{Timeout, TunnelReset},
		},
		{"twice the same", "No agent available\nNo agent available\n", []Class{NoAgentConnected}},
		{"two targets", "dial tcp 10.0.0.4:10250: i/o timeout\ndial tcp 10.0.0.5:10250: i/o timeout\n", []Class{Timeout, Timeout}},
		{
			"wrapped",
			"$ kubectl logs web\nError from server: error dialing backend: proxy error from /run/x.sock while dialing 10.0.0.1:10250, code 5\n" +
				"00: 500 Internal Server Error\n",
			[]Class{NoAgentConnected},
		},
		{"wrapped in its head", "Unable to connect to the ser\nver: dial tcp 20.1.2.3:443: i/o timeout\n", []Class{ClientCannotConnect}},
		{
			"wrapped after its head",
			"Unable to connect to the server: dial tcp\n 20.1.2.3:443: i/o timeout\n\npods \"x\" not found",
			[]Class{ClientCannotConnect, NotFound},
		},
		{
			"a command and its errors",
			"$ kubectl top nodes\nerror: Metrics API not available\n$ kubectl logs web\n" +
				"Error from server: Get \"https://10.0.0.4:10250/containerLogs/a/b/c\": dial tcp 10.0.0.4:10250: i/o timeout\n",
			[]Class{ExtensionAPI, Timeout},
		},
		{
			"an agent's log", "I1121 10:00:00.000001       1 options.go:1] ProxyServerHost set to \"x.azmk8s.io\".\n" +
				"I1121 10:00:00.000001       1 client.go:1] \"Connect to server\" serverID=\"a\"\n" +
				"E1121 10:00:01.000001       1 clientset.go:238] \"cannot connect once\" err=" + timeout + "\n" +
				"E1121 10:00:02.000001       1 clientset.go:238] \"cannot connect once\" err=" + timeout + "\n",
			[]Class{AgentBenign, AgentConnected, AgentCannotConnect},
		},
		{"readiness", "[+]ping ok\n[-]server-connected failed: no servers connected\nreadyz check failed", []Class{AgentCannotConnect}},
	} {
		if got := classes(ExplainAll(c.text)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestExplainAllOfALog(t *testing.T) {
	t.Logf("-seed %d", *seed)
	r := rand.New(rand.NewPCG(*seed, 1))
	for range 100 {
		var log strings.Builder
		want := map[Class]bool{}
		var list []sample
		for _, s := range samples() {
			if s.class != None && !strings.ContainsAny(s.text, "\n") {
				list = append(list, s)
			}
		}
		for range 5 {
			s := list[r.IntN(len(list))]
			want[s.class] = true
			log.WriteString("E1121 10:00:00.123456    1234 x.go:12] started\r\n" + strings.TrimPrefix(fill(s.text, others(r)), "error: ") + "\r\n")
		}
		got := classes(ExplainAll(log.String()))
		for c := range want {
			if !slices.Contains(got, c) {
				t.Fatalf("%s is not in %v of\n%s", c, got, log.String())
			}
		}
	}
}

func TestExplainAllIsBounded(t *testing.T) {
	var log strings.Builder
	for i := range 100 {
		log.WriteString("dial tcp 10.0.0." + string(rune('0'+i/10)) + string(rune('0'+i%10)) + ":10250: i/o timeout\n")
	}
	if got := ExplainAll(strings.ReplaceAll(log.String(), ".0", ".1")); len(got) != maxAnswers {
		t.Errorf("%d explanations", len(got))
	}
}
