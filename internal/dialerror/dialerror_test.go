package dialerror

import "testing"

func TestToCluster(t *testing.T) {
	for _, c := range []struct {
		text          string
		tunnel, agent bool
	}{
		// seen on the lab with kubectl 1.37.1
		{"error dialing backend: proxy error from /run/konnectivity.sock while dialing 10.220.0.20:10250, code 500: 500 Internal Server Error", true, true},
		{"error dialing backend: proxy error from /run/konnectivity.sock while dialing 10.220.0.20:10250, code 504: 504 Gateway Timeout", true, false},
		{`Get "https://10.220.0.20:10250/containerLogs/x": No agent available`, true, true},
		{"error dialing backend: dial tcp 10.220.0.20:10250: i/o timeout", true, false},
		{"write unix @->/tunnel-uds/proxysocket: write: broken pipe", true, false},
		{"dial tcp 127.0.0.1:16443: connect: connection refused", false, false},
		{`pods "x" not found`, false, false},
	} {
		if got := ToCluster(c.text); got != c.tunnel {
			t.Errorf("ToCluster(%q) = %v", c.text, got)
		}
		if got := NoAgent(c.text); got != c.agent {
			t.Errorf("NoAgent(%q) = %v", c.text, got)
		}
	}
}
