package target

import (
	"encoding/json"
	"fmt"
	"testing"
)

func TestFirewallOf(t *testing.T) {
	for text, want := range map[string]string{
		`[{}]`:                                  "[0.0.0.0/0]",
		`[{"publicNetworkAccess": "Disabled"}]`: "[]",
		`[{"networkAcls": {"defaultAction": "Deny", "ipRules": []}}]`:                            "[]",
		`[{"networkAcls": {"defaultAction": "Deny", "ipRules": [{"value": "203.0.113.0/28"}]}}]`: "[203.0.113.0/28]",
		`[{"ipRules": [{"ipAddressOrRange": "203.0.113.9"}]}]`:                                   "[203.0.113.9/32]",
		`[{}, {"ipRules": [{"ipMask": "203.0.113.9"}]}]`:                                         "[203.0.113.9/32]",
		`[{}, {"startIP": "203.0.113.3", "endIP": "203.0.113.5"}]`:                               "[203.0.113.3/32 203.0.113.4/31]",
		`[{}, {"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"}]`:                         "[0.0.0.0/0]",
		`[{}, {"startIpAddress": "0.0.0.0", "endIpAddress": "255.255.255.255"}]`:                 "[0.0.0.0/0]",
	} {
		var all []access
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			t.Fatal(err)
		}
		f, err := firewallOf(all, true)
		if got := fmt.Sprint(f.ranges()); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
	}
	if f, err := firewallOf([]access{{}}, false); err != nil || f.Open || len(f.Ranges) != 0 {
		t.Errorf("a database without rules: %+v, %v", f, err)
	}
	if _, err := firewallOf([]access{{Start: "203.0.113.9", End: "203.0.113.3"}}, false); err == nil {
		t.Error("a range from its end to its start")
	}
}
