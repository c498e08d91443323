package azure

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// Client asks Azure Resource Manager about one subscription. It is safe for concurrent use. It sends GET requests, and POST for
// RunCommand and RuleHealth only. No request registers a resource provider.
type Client struct {
	// Subscription is the ID of the cluster's subscription.
	Subscription string
	arm          *arm.Client
	credential   azcore.TokenCredential
	audience     string
}

// The bounds of one request: its tries, each within the time, and the size of an answer.
const (
	maxRetries = 2
	tryTimeout = 10 * time.Second
	maxAnswer  = 16 << 20
)

// New returns a client for the subscription. It sends nothing yet: signing in is part of the first request. plugin is the name that
// requests bear in Azure's logs.
func New(l Login, subscription, plugin string) (*Client, error) {
	credential, err := l.credential(subscription)
	if err != nil {
		return nil, err
	}
	client, err := arm.NewClient(plugin, "v0.0.0", credential, &arm.ClientOptions{
		DisableRPRegistration: true,
		ClientOptions: policy.ClientOptions{
			Cloud:     l.Configuration,
			Transport: newTransport(l.Configuration.Services[cloud.ResourceManager].Endpoint),
			Retry:     policy.RetryOptions{MaxRetries: maxRetries, TryTimeout: tryTimeout, MaxRetryDelay: 4 * time.Second},
			Telemetry: policy.TelemetryOptions{ApplicationID: plugin},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("configuring the Azure client: %w", err)
	}
	return &Client{
		Subscription: subscription, arm: client, credential: credential, audience: l.Configuration.Services[cloud.ResourceManager].Audience,
	}, nil
}

// in returns the client for another subscription of the same tenant.
func (c *Client) in(subscription string) *Client {
	other := *c
	other.Subscription = subscription
	return &other
}

// get decodes the resource at the path, which starts with a slash, into out. Its errors are an *Error.
func (c *Client) get(ctx context.Context, path, version string, out any) error {
	return explain(c.fetch(ctx, runtime.JoinPaths(c.arm.Endpoint(), escape(path))+"?api-version="+version, out))
}

// escape escapes the parts of an ID, which come from other answers.
func escape(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

func (c *Client) fetch(ctx context.Context, at string, out any) error {
	req, err := runtime.NewRequest(ctx, http.MethodGet, at)
	if err != nil {
		return err
	}
	runtime.SkipBodyDownload(req)
	resp, err := c.arm.Pipeline().Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return err
	case len(b) > maxAnswer:
		return &Error{Reason: Refused, Text: fmt.Sprintf("the answer is larger than %d MiB", maxAnswer>>20)}
	}
	resp.Body = io.NopCloser(strings.NewReader(string(b)))
	if !runtime.HasStatusCode(resp, http.StatusOK) {
		return runtime.NewResponseError(resp)
	}
	if err := json.Unmarshal(b, out); err != nil {
		return &Error{Reason: Refused, Text: fmt.Sprintf("the answer cannot be read: %v", err)}
	}
	return nil
}

// maxPages bounds the pages of one list.
const maxPages = 200

// list returns all members of the list at the path.
func list[T any](ctx context.Context, c *Client, path, version string) ([]T, error) {
	var all []T
	next := runtime.JoinPaths(c.arm.Endpoint(), escape(path)) + "?api-version=" + version
	for range maxPages {
		var page struct {
			Value    []T    `json:"value"`
			NextLink string `json:"nextLink"`
		}
		if err := c.fetch(ctx, next, &page); err != nil {
			return nil, explain(err)
		}
		all = append(all, page.Value...)
		if page.NextLink == "" {
			return all, nil
		}
		if !sameServer(page.NextLink, c.arm.Endpoint()) {
			return nil, &Error{Reason: Refused, Text: "the link to the next page leads to another server"}
		}
		next = page.NextLink
	}
	return nil, &Error{Reason: Refused, Text: fmt.Sprintf("the list has more than %d pages", maxPages)}
}

// sameServer reports whether two URLs lead to one HTTPS server.
func sameServer(a, b string) bool {
	of := func(text string) string {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "https" || u.Host == "" {
			return ""
		}
		return strings.ToLower(net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "443")))
	}
	return of(a) != "" && of(a) == of(b)
}

// message returns the message of Resource Manager's error.
func message(answer *azcore.ResponseError) string {
	var body struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if answer.RawResponse != nil && answer.RawResponse.Body != nil {
		b, err := runtime.Payload(answer.RawResponse)
		if err == nil {
			_ = json.Unmarshal(b, &body) // without it, the code must do
		}
	}
	return firstLine(body.Error.Message)
}
