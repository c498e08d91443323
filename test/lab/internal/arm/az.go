package arm

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/pki"
)

// AzCommand is the hidden subcommand that the stub of az runs.
const AzCommand = "az"

// BinDir returns the directory with the stub of az, for PATH.
func BinDir() string { return layout.In("azure", "bin") }

// CA returns the file of the CA whose certificates Azure's servers present.
func CA() string { return layout.PKI(pki.PublicCA + ".crt") }

// writeStub writes an az that answers what azidentity asks the Azure CLI: for a token.
func writeStub() error {
	if err := os.MkdirAll(BinDir(), 0o755); err != nil {
		return err
	}
	script := fmt.Sprintf("#!/bin/sh\nexec '%s' %s \"$@\"\n", layout.Self(), AzCommand)
	return os.WriteFile(filepath.Join(BinDir(), "az"), []byte(script), 0o755)
}

// Az is AzCommand. Its errors are worded as those of az. Besides the token that azidentity asks for, it knows the commands that the
// doctors print as fixes.
func Az(ctx context.Context, args []string, stdout io.Writer) error {
	words, flags := parse(args)
	who, err := signedIn()
	if err != nil {
		return err
	}
	if tenant := flags.one("--tenant"); tenant != "" {
		who.Tenant = tenant
	}
	switch words {
	case "account get-access-token":
		token, lifetime, err := who.token(ctx, flags.one("--resource"))
		if err != nil {
			return err
		}
		expires := time.Now().Add(lifetime)
		return json.NewEncoder(stdout).Encode(map[string]any{
			"accessToken": token, "expiresOn": expires.Format("2006-01-02 15:04:05.000000"), "expires_on": expires.Unix(),
			"subscription": flags.one("--subscription"), "tenant": who.Tenant, "tokenType": "Bearer",
		})
	case "network nsg rule create":
		return who.send(ctx, http.MethodPut, flags.rule(), flags.ruleBody(), stdout)
	case "network route-table route create":
		return who.send(ctx, http.MethodPut, flags.rule(), flags.routeBody(), stdout)
	case "network nsg rule show", "network route-table route show":
		return who.send(ctx, http.MethodGet, flags.rule(), nil, stdout)
	case "network nsg rule delete", "network route-table route delete":
		return who.send(ctx, http.MethodDelete, flags.rule(), nil, stdout)
	case "vmss start", "vmss deallocate":
		id := fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/virtualMachineScaleSets/%s",
			flags.subscription(), flags.one("-g", "--resource-group"), flags.one("-n", "--name"))
		return who.send(ctx, http.MethodPost, id+"/"+strings.TrimPrefix(words, "vmss "),
			map[string]any{"instanceIds": flags["--instance-ids"]}, stdout)
	case "resource create":
		return who.createResource(ctx, flags, stdout)
	case "redis firewall-rules create":
		return who.send(ctx, http.MethodPut, flags.target("Microsoft.Cache/redis", "-n", "--name")+"/firewallRules/"+flags.one("--rule-name"),
			map[string]any{"properties": map[string]any{"startIP": flags.one("--start-ip"), "endIP": flags.one("--end-ip")}}, stdout)
	case "storage account network-rule add":
		return who.addRule(ctx, flags.target("Microsoft.Storage/storageAccounts", "--account-name"), flags, stdout)
	case "keyvault network-rule add":
		return who.addRule(ctx, flags.target("Microsoft.KeyVault/vaults", "-n", "--name"), flags, stdout)
	case "servicebus namespace network-rule-set ip-rule add":
		return who.addToSet(ctx, flags.target("Microsoft.ServiceBus/namespaces", "--namespace-name"), flags, stdout)
	case "aks show":
		return who.send(ctx, http.MethodGet, flags.cluster(), nil, stdout)
	case "aks update":
		return who.updateCluster(ctx, flags, stdout)
	}
	return fmt.Errorf("ERROR: the lab's az does not know: az %s", words)
}

// signedIn returns who is signed in at the configuration directory.
func signedIn() (who signIn, err error) {
	dir := os.Getenv("AZURE_CONFIG_DIR")
	if dir == "" {
		dir = filepath.Join(os.Getenv("HOME"), ".azure")
	}
	b, err := os.ReadFile(filepath.Join(dir, signInFile))
	if errors.Is(err, os.ErrNotExist) {
		return who, errors.New("ERROR: Please run 'az login' to setup account.") //nolint:staticcheck // az's own words
	}
	if err == nil {
		err = json.Unmarshal(b, &who)
	}
	return who, err
}

// token signs in for the resource.
func (s signIn) token(ctx context.Context, resource string) (string, time.Duration, error) {
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {s.Principal.ClientID}, "client_secret": {s.Principal.Secret},
		"scope": {resource + "/.default"},
	}
	at := s.Authority + "/" + s.Tenant + "/oauth2/v2.0/token"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at, strings.NewReader(form.Encode()))
	if err != nil {
		return "", 0, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		Token       string `json:"access_token"`
		Seconds     int    `json:"expires_in"`
		Description string `json:"error_description"`
	}
	b, _, err := do(req)
	if err == nil {
		err = json.Unmarshal(b, &answer)
	}
	switch {
	case err != nil:
		return "", 0, fmt.Errorf("ERROR: %w", err)
	case answer.Token == "":
		return "", 0, fmt.Errorf("ERROR: %s", answer.Description)
	}
	return answer.Token, time.Duration(answer.Seconds) * time.Second, nil
}

// do sends the request to a server whose certificate is from the lab's public CA.
func do(req *http.Request) (body []byte, status int, err error) {
	ca, err := os.ReadFile(CA())
	if err != nil {
		return nil, 0, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	resp, err := client.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	return body, resp.StatusCode, err
}
