package testpod

import (
	"context"
	_ "embed"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/jobpod"
)

//go:embed dns.sh
var dnsScript string

// QueryDNS sends a DNS query over UDP to each address, all in parallel. To a server of another protocol, it is just a datagram.
// An Answer's Connect is Connected if anything came back, Refused if nothing listens on the port, and TimedOut if nothing came
// back, which is inconclusive for servers of other protocols. Only a request's Address and Timeout are used.
func (p *Pod) QueryDNS(ctx context.Context, requests []Request) ([]endpoints.Answer, error) {
	args, limit, err := dnsArgs(requests)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, limit+dial.RelayTakes) // exec hangs if the tunnel is dead
	defer cancel()
	out, err := p.Run(ctx, dnsScript, args...)
	if err != nil {
		return nil, err
	}
	return parseAnswers(out, requests)
}

// QueryDNSOnce is QueryDNS from a new pod, which reports by its termination message as that of DoOnce does.
func QueryDNSOnce(ctx context.Context, maker *jobpod.Maker, o Options, requests []Request) ([]endpoints.Answer, error) {
	args, limit, err := dnsArgs(requests)
	if err != nil {
		return nil, err
	}
	out, err := RunOnce(ctx, maker, o, limit, dnsScript, args...)
	if err != nil {
		return nil, err
	}
	return parseAnswers(out, requests)
}

// dnsArgs returns the script's arguments and its maximum duration.
func dnsArgs(requests []Request) (args []string, limit time.Duration, err error) {
	if len(requests) > MaxOnce {
		return nil, 0, fmt.Errorf("%d DNS queries are more than the limit of %d per pod", len(requests), MaxOnce)
	}
	for _, r := range requests {
		host, port, err := net.SplitHostPort(r.Address)
		if err != nil {
			return nil, 0, err
		}
		args = append(args, host, port, seconds(r.Timeout))
		limit = max(limit, r.Timeout+time.Second)
	}
	return args, limit, nil
}

// seconds returns d as a script's argument, rounded, but at least 1.
func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(d.Round(time.Second).Seconds())))
}
