package faults

import (
	"errors"
	"fmt"
	"time"
)

// An old tunnel detects after a few seconds that it is cut: its keep-alives, or OpenVPN's handshake, get no answer.
const oldTunnelNotices = 25 * time.Second

func oldTunnelBreaks() map[string]TunnelBroken {
	dropped := func(protocol string, port int) TunnelBroken {
		b := inSwitch(func(*TunnelCase) []string {
			return []string{fmt.Sprintf("ip daddr 10.220.0.10 %s dport %d drop", protocol, port)}
		})
		return noticed(b)
	}
	onNode := func(match string) TunnelBroken {
		return noticed(onNodes(rule("iptables", "FORWARD", match)).heals())
	}
	return map[string]TunnelBroken{
		"tunnelfront-port-dropped":          dropped("tcp", 9000),
		"tunnelfront-port-rejected-on-node": onNode("-p tcp -d 10.220.0.10 --dport 9000 -j REJECT --reject-with tcp-reset"),
		"tunnelfront-scaled-to-zero":        scaledToZero("deployment/tunnelfront"),
		"aks-link-port-dropped":             dropped("udp", 1194),
		"aks-link-port-dropped-on-node":     onNode("-p udp -d 10.220.0.10 --dport 1194 -j DROP"),
	}
}

// noticed is b, shown when the tunnel's pod has detected it.
func noticed(b TunnelBroken) TunnelBroken {
	inject := b.Inject
	b.Inject = func(l Lab, c *TunnelCase) error { return errors.Join(inject(l, c), sleep(oldTunnelNotices)) }
	b.Everywhere = false // there is one pod, so one node has to be repaired
	return b
}

func scaledToZero(deployment string) TunnelBroken {
	scale := func(l Lab, n int) error {
		return errors.Join(l.Kubectl("scale", "-n", "kube-system", deployment, fmt.Sprintf("--replicas=%d", n)), sleep(oldTunnelNotices/2))
	}
	return TunnelBroken{
		Inject: func(l Lab, _ *TunnelCase) error { return scale(l, 0) },
		Clear:  func(l Lab, _ *TunnelCase) error { return scale(l, 1) },
		Heals:  true,
	}
}
