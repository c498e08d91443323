package azure

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/akstools/akstools/internal/azure/id"
)

type fixedToken struct{}

func (fixedToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "canary", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// The token goes to Resource Manager only, whatever links its answers have.
func TestRunCommandLinks(t *testing.T) {
	for name, header := range map[string]string{"operation": "Operation-Location", "updated": "Location"} {
		t.Run(name, func(t *testing.T) {
			leaked := make(chan string, 100)
			other := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				leaked <- r.Header.Get("Authorization")
				_, _ = w.Write([]byte(`{"status":"Succeeded","value":[]}`))
			}))
			defer other.Close()
			var server *httptest.Server
			server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				to := other.URL + "/steal"
				if header == "Location" && r.Method == http.MethodPost {
					to = server.URL + "/poll"
				}
				w.Header().Set(header, to)
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(http.StatusAccepted)
			}))
			defer server.Close()
			client, err := arm.NewClient("test", "v0.0.0", fixedToken{}, &arm.ClientOptions{
				DisableRPRegistration: true,
				ClientOptions: policy.ClientOptions{
					Transport: &transport{endpoint: server.URL, client: server.Client()},
					Cloud: cloud.Configuration{
						ActiveDirectoryAuthorityHost: "https://login.example",
						Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
							cloud.ResourceManager: {Endpoint: server.URL, Audience: server.URL},
						},
					},
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			_, err = RunCommand(ctx, &Client{Subscription: "s", arm: client}, id.Instance{Subscription: "s", ResourceGroup: "g", ID: "vm"}, "id")
			select {
			case token := <-leaked:
				t.Errorf("another server got the token %q (%v)", token, err)
			default:
			}
		})
	}
}
