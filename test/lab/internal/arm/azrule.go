package arm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// azFlags are the options of an az command, each with its values.
type azFlags map[string][]string

// parse splits the arguments of az into the command's words and its options.
func parse(args []string) (words string, flags azFlags) {
	flags = azFlags{}
	i := 0
	for i < len(args) && !strings.HasPrefix(args[i], "-") {
		i++
	}
	words = strings.Join(args[:i], " ")
	for name := ""; i < len(args); i++ {
		if strings.HasPrefix(args[i], "-") {
			name = args[i]
			flags[name] = []string{}
			continue
		}
		flags[name] = append(flags[name], args[i])
	}
	return words, flags
}

// one returns the value of the option, by any of its names, or "".
func (f azFlags) one(names ...string) string {
	for _, n := range names {
		if v := f[n]; len(v) > 0 {
			return v[0]
		}
	}
	return ""
}

// rule returns the ID of the rule or route that the command is about.
func (f azFlags) rule() string {
	in := "networkSecurityGroups/" + f.one("--nsg-name") + "/securityRules/"
	if table := f.one("--route-table-name"); table != "" {
		in = "routeTables/" + table + "/routes/"
	}
	return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Network/%s%s",
		f.subscription(), f.one("-g", "--resource-group"), in, f.one("-n", "--name"))
}

func (f azFlags) subscription() string {
	if s := f.one("--subscription"); s != "" {
		return s
	}
	return layout.Subscription
}

// ruleBody returns the rule with the defaults of az network nsg rule create
// (https://learn.microsoft.com/cli/azure/network/nsg/rule#az-network-nsg-rule-create).
func (f azFlags) ruleBody() map[string]any {
	properties := map[string]any{"priority": json.Number(f.one("--priority"))}
	for property, option := range map[string]struct{ name, otherwise string }{
		"direction": {"--direction", "Inbound"}, "access": {"--access", "Allow"}, "protocol": {"--protocol", "*"},
	} {
		properties[property] = option.otherwise
		if v := f.one(option.name); v != "" {
			properties[property] = v
		}
	}
	for property, option := range map[string]struct{ plural, name, otherwise string }{
		"sourcePortRange":          {"sourcePortRanges", "--source-port-ranges", "*"},
		"destinationPortRange":     {"destinationPortRanges", "--destination-port-ranges", "80"},
		"sourceAddressPrefix":      {"sourceAddressPrefixes", "--source-address-prefixes", "*"},
		"destinationAddressPrefix": {"destinationAddressPrefixes", "--destination-address-prefixes", "*"},
	} {
		switch v := f[option.name]; len(v) {
		case 0:
			properties[property] = option.otherwise
		case 1:
			properties[property] = v[0]
		default:
			properties[option.plural] = v
		}
	}
	return map[string]any{"properties": properties}
}

// routeBody returns the route of az network route-table route create
// (https://learn.microsoft.com/cli/azure/network/route-table/route#az-network-route-table-route-create).
func (f azFlags) routeBody() map[string]any {
	properties := map[string]any{"addressPrefix": f.one("--address-prefix"), "nextHopType": f.one("--next-hop-type")}
	if address := f.one("--next-hop-ip-address"); address != "" {
		properties["nextHopIpAddress"] = address
	}
	return map[string]any{"properties": properties}
}

// version returns an API version for the resource.
func version(id string) string {
	for provider, version := range map[string]string{
		"ContainerService": "2025-02-01", "Compute": "2024-07-01", "DBforPostgreSQL": "2024-08-01", "DBforMySQL": "2023-12-30",
		"Cache": "2023-08-01", "Storage": "2023-05-01", "KeyVault": "2023-07-01", "ServiceBus": "2024-01-01",
		"ServiceLinker": "2024-04-01",
	} {
		if strings.HasPrefix(id[max(strings.LastIndex(id, "/providers/"), 0):], "/providers/Microsoft."+provider+"/") {
			return version
		}
	}
	return "2024-05-01"
}

// send sends a request to Resource Manager as who is signed in. A body that is nil is none.
func (s signIn) send(ctx context.Context, method, id string, in any, stdout io.Writer) error {
	token, _, err := s.token(ctx, s.Manager+"/")
	if err != nil {
		return err
	}
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.Manager+id+"?api-version="+version(id), body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	answer, status, err := do(req)
	if err != nil {
		return fmt.Errorf("ERROR: %w", err)
	}
	if status >= http.StatusBadRequest {
		return fmt.Errorf("ERROR: %s", bytes.TrimSpace(answer))
	}
	_, err = stdout.Write(answer)
	return err
}
