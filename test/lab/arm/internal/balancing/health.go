package balancing

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"

	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// State is what the load balancer knows about a member of a rule. Reason is one of the codes of
// https://learn.microsoft.com/azure/load-balancer/load-balancer-manage-health-status#reason-codes.
type State struct {
	Rule    string `json:"rule"` // its ID
	Address string `json:"address"`
	Up      bool   `json:"up"`
	Reason  string `json:"reason"`
}

// Health answers for the health of rules. It is safe for concurrent use.
type Health struct {
	Store *store.Store

	mu     sync.Mutex
	states []State
}

// Set replaces all states.
func (h *Health) Set(states []State) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.states = states
}

func (h *Health) of(rule, address string) (State, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.states {
		if s.Address == address && strings.EqualFold(s.Rule, rule) {
			return s, true
		}
	}
	return State{}, false
}

// Action is the action health of a rule (https://learn.microsoft.com/rest/api/load-balancer/load-balancers/list-load-balancer-health):
// it is not known of a rule without a probe, nor of a machine that is turned off.
func (h *Health) Action(_ context.Context, id string, _ []byte) (func() (any, error), error) {
	return func() (any, error) {
		health := armnetwork.LoadBalancerHealthPerRule{
			Up: to.Ptr(int32(0)), Down: to.Ptr(int32(0)), LoadBalancerBackendAddresses: []*armnetwork.LoadBalancerHealthPerRulePerBackendAddress{},
		}
		for _, r := range Rules(h.Store) {
			if !strings.EqualFold(r.ID, id) || r.Probe == nil {
				continue
			}
			for _, m := range r.Members {
				if !m.Off {
					h.add(&health, r.ID, m)
				}
			}
		}
		return health, nil
	}, nil
}

func (h *Health) add(health *armnetwork.LoadBalancerHealthPerRule, rule string, m Member) {
	state, ok := h.of(rule, m.Address)
	if !ok {
		state.Reason = "NA" // it has not been probed yet
	}
	a := &armnetwork.LoadBalancerHealthPerRulePerBackendAddress{IPAddress: &m.Address, Reason: &state.Reason, State: to.Ptr("Down")}
	if m.Configuration != "" {
		a.NetworkInterfaceIPConfigurationID = &m.Configuration
	}
	if state.Up {
		a.State = to.Ptr("Up")
		*health.Up++
	} else {
		*health.Down++
	}
	health.LoadBalancerBackendAddresses = append(health.LoadBalancerBackendAddresses, a)
}

// Handler serves the lab's load balancer: GET /balancing returns the rules with an ETag, and waits for a change while they are those of
// If-None-Match; PUT /balancing/health sets the states.
func (h *Health) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /balancing", h.rules)
	mux.HandleFunc("PUT /balancing/health", h.report)
	return mux
}
