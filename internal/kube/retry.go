package kube

import (
	"context"
	"time"

	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// Reconnect closes the connections to the API server on which no request waits, so that the next request opens a new one. A connection
// may be dead without our knowledge: this computer slept, or a firewall has forgotten the connection and drops its packets. HTTP/2 finds
// that out after 45 s.
func (c *Clients) Reconnect() {
	if c.transport != nil {
		utilnet.CloseIdleConnectionsFor(c.transport)
	}
}

// Retry calls do until an attempt returns before its time is over, with a new connection for each attempt but the first. It returns the
// error of the last attempt, or nil. do must be harmless if it is repeated.
func (c *Clients) Retry(ctx context.Context, attempt time.Duration, do func(context.Context) error) error {
	for {
		trying, cancel := context.WithTimeout(ctx, attempt)
		err := do(trying)
		late := trying.Err() != nil
		cancel()
		if err == nil || !late || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(retryPause):
		}
		c.Reconnect()
	}
}

// retryPause is how long HTTP/2 may take to end the stream of an attempt that was given up: until then its connection is in use.
const retryPause = 100 * time.Millisecond
