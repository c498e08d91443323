package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/test/e2e/faults"
)

// wireFault is something on the way of packets from a client on one node to a pod on another.
type wireFault struct {
	name string
	// at is the machine on which inject and clear run by sh: client, pod (their nodes) or switch. In these and in says, POD and PORT are the
	// pod's, and CLIENT-NODE and POD-NODE the names of the nodes.
	at, inject, clear string
	args              []string
	code, says        string // the verdict: its code, and a regular expression for its summary
}

// forward is a wireFault by a rule of a node for what it forwards.
func forward(name, at, rule, code, says string) wireFault {
	return wireFault{name, at, "iptables -w -I FORWARD 1 " + rule, "iptables -w -D FORWARD " + rule, nil, code, says}
}

// switched is a wireFault by a rule of the switch between the nodes.
func switched(name, rule, code, says string, args ...string) wireFault {
	return wireFault{name, "switch", `nft 'add table bridge akstools_capture
add chain bridge akstools_capture c { type filter hook forward priority -10; }
add rule bridge akstools_capture c ` + rule + `'`, "nft delete table bridge akstools_capture", args, code, says}
}

const (
	toPod    = "-d POD -p tcp --dport PORT -j "
	fromPod  = "-s POD -p tcp --sport PORT -j "
	ofData   = "-d POD -p tcp --dport PORT --tcp-flags PSH PSH -j "
	betweenN = "between node CLIENT-NODE and node POD-NODE"
)

// wireFaults are the faults on the way. TestCaptureDropAtPodNode and TestCapturePolicy hold two more.
func wireFaults() []wireFault {
	return []wireFault{
		forward("dropped-at-client-node", "client", toPod+"DROP", "INS1102", "lost on node CLIENT-NODE"),
		forward("replies-dropped-at-pod-node", "pod", fromPod+"DROP", "INS1105", "POD-NODE"),
		forward("replies-dropped-at-client-node", "client", fromPod+"DROP", "INS1105", "CLIENT-NODE"),
		forward("reset-at-pod-node", "pod", toPod+"REJECT --reject-with tcp-reset", "INS1104", "refused on node POD-NODE.*not by the pod"),
		forward("prohibited-at-client-node", "client", toPod+"REJECT --reject-with icmp-admin-prohibited", "INS1104",
			"refused on node CLIENT-NODE.*not by the pod"),
		forward("request-reset-at-pod-node", "pod", ofData+"REJECT --reject-with tcp-reset", "INS1108", "reset on node POD-NODE"),
		forward("request-dropped-at-pod-node", "pod", ofData+"DROP", "INS1102", "lost on node POD-NODE"),
		switched("dropped-in-switch", "ip daddr POD tcp dport PORT drop", "INS1102", betweenN),
		switched("replies-dropped-in-switch", "ip saddr POD tcp sport PORT drop", "INS1105", betweenN),
		switched("large-dropped-in-switch", "ip daddr POD ip length gt 1000 drop", "INS1103", betweenN,
			"--path", "/"+strings.Repeat("large", 600)),
		{
			"answer-from-another-address", "pod", `nft 'add table ip akstools_capture
add chain ip akstools_capture c { type filter hook forward priority 10; }
add rule ip akstools_capture c ip saddr POD tcp sport PORT ip saddr set 10.244.9.9'`, "nft delete table ip akstools_capture",
			nil, "INS1106", "with the address 10.244.9.9",
		},
	}
}

// TestCaptureFaults holds that the packets tell where a connection fails: the node, the stretch between two nodes, or the pod.
func TestCaptureFaults(t *testing.T) {
	l := theLab(t)
	c := l.healthyCase(t, "capture-wire", 3)
	pod := c.somePod(t)
	nodes := map[string]string{"pod": pod.Spec.NodeName, "client": l.otherNode(pod.Spec.NodeName), "switch": "switch"}
	words := strings.NewReplacer("POD-NODE", nodes["pod"], "CLIENT-NODE", nodes["client"], "PORT", fmt.Sprint(c.Port), "POD", pod.Status.PodIP)
	for _, f := range wireFaults() {
		t.Run(f.name, func(t *testing.T) {
			machine := nodes[f.at]
			t.Cleanup(func() { l.on(t, machine, "sh", "-c", words.Replace(f.clear)) })
			l.on(t, machine, "sh", "-c", words.Replace(f.inject))
			r, code := c.capture(t, "pod/"+pod.Name, append([]string{"--nodes"}, f.args...)...)
			c.found(t, r, code, f.code, words.Replace(f.says))
		})
	}
}

// found holds that the verdict has the code, and that its summary matches.
func (c *corpusCase) found(t *testing.T, r report.Report, code int, want, says string) {
	t.Helper()
	v := r.Verdict
	exit := map[check.Status]int{check.Fail: 3}[v.Status] // 0 where it is degraded
	if v.Code != want || code != exit || v.Status == check.Passed || !regexp.MustCompile(says).MatchString(v.Summary) {
		t.Errorf("exit code %d, verdict %s %s %s, want %s %s\n%s", code, v.Status, v.Code, v.Summary, want, says, c.text)
	}
	t.Logf("verdict: %s %s %s", v.Status, v.Code, v.Summary)
}

// capturedFaults are faults of the corpus, with the code and the words of the verdict from packets.
var capturedFaults = []struct {
	name, code, says string
	args             []string
}{
	{"app-on-localhost", "INS1104", "^pod .* refuses connections", nil},
	{"app-on-another-port", "INS1104", "^pod .* refuses connections", nil},
	{"target-port-number", "INS1104", "^pod .* refuses connections", nil},
	{"app-hangs", "INS1108", "^pod .* does not answer", nil},
	{"app-resets", "INS1108", "^pod .* resets connections", nil},
	{"http-on-https-port", "INS1107", "speaks TLS, and pod .* plain HTTP", nil},
	{"app-status-500", "INS1109", "HTTP status 500", nil},
	{"cluster-ip-dropped", "INS1102", "lost on node .*, between the test pod", []string{"--nodes"}},
	{"cluster-ip-rejected", "INS1104", "not by the pod", []string{"--nodes"}},
	{"pod-port-dropped", "INS1102", "lost on node .* and pod", []string{"--nodes"}},
	// the client may be on the node of one of the pods, where nothing passes an outer interface
	{"policy-denies-out", "INS1102", "lost (on node .*, )?between the test pod", []string{"--nodes"}},
	{"policy-lets-nobody", "INS1102", "lost on node .* and pod", []string{"--nodes"}},
	{"udp-not-served", "INS1104", "^pod .* refuses", nil},
}

// TestCaptureCorpus holds the same of faults of the corpus.
func TestCaptureCorpus(t *testing.T) {
	l := theLab(t)
	for _, f := range capturedFaults {
		t.Run(f.name, func(t *testing.T) {
			b := faults.Breaks()[f.name]
			c := l.newCase(t, "cap-"+f.name, 3)
			c.becomes(t, b)
			r, code := c.capture(t, "", f.args...)
			c.found(t, r, code, f.code, f.says)
			c.mend(t, b)
		})
	}
	t.Run("app-is-slow", func(t *testing.T) {
		c := l.newCase(t, "cap-slow", 3)
		c.Args(fmt.Sprintf("-http=%d", c.Port), "-delay=2500ms")
		c.App().ReadinessProbe.TimeoutSeconds = 5
		c.apply(t)
		c.settled(t)
		r, code := c.capture(t, "")
		c.found(t, r, code, "INS1110", "^pod .* takes 2")
	})
}

// TestCaptureSetups holds that nothing is found on set-ups that are odd and work. TestCaptureHealthy tries a plain one from four clients.
func TestCaptureSetups(t *testing.T) {
	l := theLab(t)
	for _, name := range []string{
		"headless", "session-affinity", "sidecar", "answers-404", "tls-self-signed", "failed-pods-left", "multi-port", "restricted-namespace",
	} {
		t.Run(name, func(t *testing.T) {
			b, ok := faults.Setups()[name]
			if !ok {
				t.Fatal("there is no such set-up")
			}
			c := l.newCase(t, "cap-"+name, 3)
			c.becomes(t, b)
			if r, code := c.capture(t, "", "--nodes"); code != 0 || worries(r) {
				t.Errorf("exit code %d: %+v\n%s", code, r.Verdict, c.text)
			}
		})
	}
}

// TestAzureCapture holds that what a network security group drops is found lost between the nodes.
func TestAzureCapture(t *testing.T) {
	l := theLab(t)
	a := l.azure(t)
	c := l.healthyCase(t, "capture-nsg", 3)
	pod := c.somePod(t)
	t.Cleanup(func() { a.reset(t) })
	a.change(t, faults.DeniesPort(c.Port), 0)
	client := l.otherNode(pod.Spec.NodeName)
	r, code := c.capture(t, "pod/"+pod.Name, "--nodes")
	c.found(t, r, code, "INS1102", "between node "+client+" and node "+pod.Spec.NodeName)
}
