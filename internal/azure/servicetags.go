package azure

import (
	"context"
	"net/netip"
	"strings"
)

// ServiceTags returns what is behind those service tags, by their names in lower case; tags that Azure does not list are left out. Only the
// list of all tags can be asked for, which is some megabytes.
func ServiceTags(ctx context.Context, c *Client, location string, names []string) (map[string][]netip.Prefix, error) {
	// https://learn.microsoft.com/rest/api/virtualnetwork/service-tags/list
	var raw struct {
		Values []struct {
			Name       string `json:"name"`
			Properties struct {
				AddressPrefixes []string `json:"addressPrefixes"`
			} `json:"properties"`
		} `json:"values"`
		NextLink string `json:"nextLink"`
	}
	path := "/subscriptions/" + c.Subscription + "/providers/Microsoft.Network/locations/" + location + "/serviceTags"
	if err := c.get(ctx, path, networkVersion, &raw); err != nil {
		return nil, err
	}
	if raw.NextLink != "" {
		return nil, &Error{Reason: Refused, Text: "the list of service tags has more than one page"}
	}
	wanted := map[string]bool{}
	for _, n := range names {
		wanted[strings.ToLower(n)] = true
	}
	tags := map[string][]netip.Prefix{}
	for _, t := range raw.Values {
		if name := strings.ToLower(t.Name); wanted[name] {
			tags[name] = append(tags[name], prefixes(t.Properties.AddressPrefixes)...)
		}
	}
	return tags, nil
}
