package loadbalancer

import (
	"errors"
	"net"
)

// reason returns the code with which Azure explains the health after the last answer
// (https://learn.microsoft.com/azure/load-balancer/load-balancer-manage-health-status#reason-codes).
func reason(h health, last error) string {
	var status statusError
	var network net.Error
	var op *net.OpError
	switch {
	case h.up && last != nil:
		return "Up_Probe_ApproachingUnhealthyThreshold"
	case h.up:
		return "Up_Probe_Success"
	case last == nil:
		return "Down_Probe_ApproachingHealthyThreshold"
	case errors.As(last, &status):
		return "Down_Probe_HttpStatusCodeError"
	case errors.As(last, &op) && op.Op == "dial":
		return "Down_Probe_TcpProbeTimeout"
	case errors.As(last, &network) && network.Timeout():
		return "Down_Probe_HttpNoResponse"
	}
	return "Down_Probe_HttpEndpointUnreachable"
}

// state returns the target's health and the code that explains it; none: it was not probed yet.
func (p *prober) state(t target) (up bool, code string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	last, ok := p.last[t]
	if !ok {
		return false, ""
	}
	return p.health[t].up, reason(p.health[t], last)
}
