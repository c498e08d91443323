package arm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// BalancingRule is a load-balancing rule with what it refers to, as the program's package balancing describes it.
type BalancingRule struct {
	ID       string            `json:"id"`
	Frontend string            `json:"frontend"`
	Protocol string            `json:"protocol"`
	Port     int32             `json:"port"`
	Sticky   bool              `json:"sticky"`
	Probe    *BalancingProbe   `json:"probe"`
	Members  []BalancingMember `json:"members"`
}

// BalancingProbe is the probe of a rule.
type BalancingProbe struct {
	Protocol  string `json:"protocol"`
	Port      int32  `json:"port"`
	Path      string `json:"path"`
	Seconds   int32  `json:"seconds"`
	Threshold int    `json:"threshold"`
}

// BalancingMember is a machine in the pool of a rule.
type BalancingMember struct {
	Address string `json:"address"`
}

// MemberHealth is what the load balancer knows about a member of a rule.
type MemberHealth struct {
	Rule    string `json:"rule"`
	Address string `json:"address"`
	Up      bool   `json:"up"`
	Reason  string `json:"reason"`
}

// BalancingRules returns the rules of Resource Manager's load balancers and their tag, as soon as it is not the known one. After some
// seconds without a change it returns the known tag and no rules.
func BalancingRules(ctx context.Context, known string) (rules []BalancingRule, tag string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://control/balancing", nil)
	if err != nil {
		return nil, "", err
	}
	req.Header.Set("If-None-Match", known)
	client := &http.Client{Transport: over(controlSocket())}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusNotModified:
		return nil, known, nil
	case http.StatusOK:
		return rules, resp.Header.Get("ETag"), json.NewDecoder(resp.Body).Decode(&rules)
	}
	return nil, "", fmt.Errorf("the rules of load balancers: %s", resp.Status)
}

// SetHealth tells Resource Manager what is known about the members of all rules.
func SetHealth(ctx context.Context, all []MemberHealth) error {
	_, err := Do(ctx, http.MethodPut, "/balancing/health", all)
	return err
}
