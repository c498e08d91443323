package testpod

import (
	"context"
	_ "embed"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/jobpod"
)

//go:embed dns.sh
var dnsScript string

// AskDNS sends each address one DNS query by UDP, all at once, which is a datagram like any other to what serves something else.
// An Answer's Connect is Connected where anything came back, Refused where the address has nothing on that port, and TimedOut
// where nothing came back, which of a server of something else says nothing. Only Address and Timeout of a question count.
func (p *Pod) AskDNS(ctx context.Context, questions []Question) ([]Answer, error) {
	args, takes, err := dnsArgs(questions)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, takes+dial.RelayTakes) // a dead tunnel keeps exec waiting
	defer cancel()
	out, err := p.Run(ctx, dnsScript, args...)
	if err != nil {
		return nil, err
	}
	return parseAnswers(out, questions)
}

// AskDNSOnce is AskDNS by a pod of its own, which tells by its termination message as AskOnce's does.
func AskDNSOnce(ctx context.Context, maker *jobpod.Maker, o Options, questions []Question) ([]Answer, error) {
	args, takes, err := dnsArgs(questions)
	if err != nil {
		return nil, err
	}
	out, err := RunOnce(ctx, maker, o, takes, dnsScript, args...)
	if err != nil {
		return nil, err
	}
	return parseAnswers(out, questions)
}

// dnsArgs are the script's arguments, and how long it takes at most.
func dnsArgs(questions []Question) (args []string, takes time.Duration, err error) {
	if len(questions) > MaxOnce {
		return nil, 0, fmt.Errorf("%d questions are too many for one pod", len(questions))
	}
	for _, q := range questions {
		host, port, err := net.SplitHostPort(q.Address)
		if err != nil {
			return nil, 0, err
		}
		args = append(args, host, port, seconds(q.Timeout))
		takes = max(takes, q.Timeout+time.Second)
	}
	return args, takes, nil
}

// seconds is a limit for a script, of a second at least.
func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(d.Round(time.Second).Seconds())))
}
