package azure

import (
	"context"
	"strings"
)

// Registration is whether a subscription is registered for a resource provider.
type Registration struct {
	Namespace string `json:"namespace"`
	State     string `json:"state"` // Registered, Registering, NotRegistered, Unregistering or Unregistered
}

// Registered reports whether the provider accepts requests.
func (r Registration) Registered() bool { return strings.EqualFold(r.State, "Registered") }

// RegistrationOf returns the registration of the client's subscription for the namespace, such as Microsoft.ServiceLinker
// (https://learn.microsoft.com/rest/api/resources/providers/get).
func RegistrationOf(ctx context.Context, c *Client, namespace string) (Registration, error) {
	var raw struct {
		State string `json:"registrationState"`
	}
	if err := c.get(ctx, "/subscriptions/"+c.Subscription+"/providers/"+namespace, resourcesVersion, &raw); err != nil {
		return Registration{}, err
	}
	return Registration{Namespace: namespace, State: raw.State}, nil
}
