package arm

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// target returns the ID of the data service of the type whose name is the value of an option.
func (f azFlags) target(kind string, option ...string) string {
	return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/%s/%s", f.subscription(), f.one("-g", "--resource-group"), kind,
		f.one(option...))
}

// createResource creates or replaces a resource (https://learn.microsoft.com/cli/azure/resource#az-resource-create).
func (s signIn) createResource(ctx context.Context, f azFlags, stdout io.Writer) error {
	var properties map[string]any
	if err := json.Unmarshal([]byte(f.one("-p", "--properties")), &properties); err != nil {
		return fmt.Errorf("ERROR: --properties: %w", err)
	}
	return s.send(ctx, http.MethodPut, f.one("--id"), map[string]any{"properties": properties}, stdout)
}

// addRule adds addresses to the firewall that is part of a data service
// (https://learn.microsoft.com/cli/azure/storage/account/network-rule#az-storage-account-network-rule-add).
func (s signIn) addRule(ctx context.Context, id string, f azFlags, stdout io.Writer) error {
	return s.edit(ctx, id, stdout, func(p map[string]any) error {
		acls, ok := p["networkAcls"].(map[string]any)
		if !ok {
			acls = map[string]any{"defaultAction": "Allow"}
			p["networkAcls"] = acls
		}
		rules, _ := acls["ipRules"].([]any)
		for _, address := range f["--ip-address"] {
			rules = append(rules, map[string]any{"value": address, "action": "Allow"})
		}
		acls["ipRules"] = rules
		return nil
	})
}

// addToSet adds an address to the rule set of a message broker
// (https://learn.microsoft.com/cli/azure/servicebus/namespace/network-rule-set/ip-rule).
func (s signIn) addToSet(ctx context.Context, id string, f azFlags, stdout io.Writer) error {
	rule := map[string]any{}
	for _, word := range f["--ip-rule"] {
		name, value, _ := strings.Cut(word, "=")
		rule[map[string]string{"ip-address": "ipMask", "action": "action"}[name]] = value
	}
	return s.edit(ctx, id+"/networkRuleSets/default", stdout, func(p map[string]any) error {
		rules, _ := p["ipRules"].([]any)
		p["ipRules"] = append(rules, rule)
		return nil
	})
}
