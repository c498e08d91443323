package azure

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/akstools/akstools/internal/azure/topology"
)

// healthPeriod is how often the result of a question for a rule's health is asked for, unless Azure says otherwise.
const healthPeriod = time.Second

// RuleHealth returns what the load balancer sees of the machines behind the rule. It is a POST that changes nothing, and needs the
// permission for the action health. Its errors are an *Error
// (https://learn.microsoft.com/azure/load-balancer/load-balancer-health-status).
func RuleHealth(ctx context.Context, c *Client, rule string) (topology.Health, error) {
	h := topology.Health{Rule: rule}
	if err := checkID(rule, balancerType+"/loadBalancingRules"); err != nil {
		return h, err
	}
	req, err := runtime.NewRequest(ctx, http.MethodPost,
		runtime.JoinPaths(c.arm.Endpoint(), escape(rule), "health")+"?api-version="+networkVersion)
	if err != nil {
		return h, explain(err)
	}
	resp, err := c.arm.Pipeline().Do(req)
	if err != nil {
		return h, explain(err)
	}
	defer resp.Body.Close()
	if !runtime.HasStatusCode(resp, http.StatusOK, http.StatusAccepted) {
		return h, explain(runtime.NewResponseError(resp))
	}
	poller, err := runtime.NewPoller[ruleHealth](resp, c.arm.Pipeline(), &runtime.NewPollerOptions[ruleHealth]{
		FinalStateVia: runtime.FinalStateViaLocation,
	})
	if err != nil {
		return h, explain(err)
	}
	raw, err := poller.PollUntilDone(ctx, &runtime.PollUntilDoneOptions{Frequency: healthPeriod})
	if err != nil {
		return h, explain(err)
	}
	h.Machines = raw.machines()
	return h, nil
}

// ruleHealth is Resource Manager's answer (https://learn.microsoft.com/rest/api/load-balancer/load-balancer-load-balancing-rules/health).
type ruleHealth struct {
	LoadBalancerBackendAddresses []struct {
		IPAddress     string   `json:"ipAddress"`
		Configuration eitherID `json:"networkInterfaceIPConfigurationId"`
		State         string   `json:"state"`
		Reason        string   `json:"reason"`
	} `json:"loadBalancerBackendAddresses"`
}

// eitherID is an ID that the SDK has as a string and the documentation as an object with the member id.
type eitherID string

// UnmarshalJSON implements json.Unmarshaler. What is neither is no ID.
func (e *eitherID) UnmarshalJSON(b []byte) error {
	var text string
	var object reference
	if json.Unmarshal(b, &text) == nil {
		*e = eitherID(text)
	} else if json.Unmarshal(b, &object) == nil {
		*e = eitherID(object.ID)
	}
	return nil
}

func (r ruleHealth) machines() []topology.MachineHealth {
	all := []topology.MachineHealth{}
	for _, raw := range r.LoadBalancerBackendAddresses {
		m := topology.MachineHealth{
			Configuration: string(raw.Configuration), Up: strings.EqualFold(raw.State, "Up"), Reason: cut(firstLine(raw.Reason)),
		}
		if a, err := netip.ParseAddr(raw.IPAddress); err == nil {
			m.Address = a
		}
		all = append(all, m)
	}
	return all
}
