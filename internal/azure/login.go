package azure

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// CurrentLogin is ReadLogin for this process.
func CurrentLogin() (Login, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return Login{}, err
	}
	return ReadLogin(os.Getenv, home)
}

// readProfile returns the subscriptions of the Azure CLI's profile; none if there is no profile.
func readProfile(path string) ([]Subscription, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var profile struct {
		Subscriptions []Subscription `json:"subscriptions"`
	}
	// the Azure CLI writes it with a byte order mark
	if err := json.Unmarshal(bytes.TrimPrefix(b, []byte("\ufeff")), &profile); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return profile.Subscriptions, nil
}

// tenant returns the tenant of the subscription, or "" if the Azure CLI does not know it.
func (l Login) tenant(subscription string) string {
	for _, s := range l.Subscriptions {
		if strings.EqualFold(s.ID, subscription) {
			return s.Tenant
		}
	}
	return ""
}

// credential returns how to sign in for the subscription, without doing so: with the Azure CLI if it is signed in and the environment
// names nobody else, otherwise as azidentity's default does. It returns an *Error for NotSignedIn if there is neither.
func (l Login) credential(subscription string) (azcore.TokenCredential, error) {
	switch {
	case l.FromEnvironment:
		return azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{
			ClientOptions: policy.ClientOptions{Cloud: l.Configuration},
			// login.microsoftonline.com knows nothing of other clouds' token endpoints, and may not be reachable
			DisableInstanceDiscovery: l.custom,
		})
	case len(l.Subscriptions) > 0:
		return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: l.tenant(subscription)})
	}
	return nil, &Error{Reason: NotSignedIn}
}
