package azure

import (
	"context"
	"strings"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/nsg"
)

// ReadTags reads what is behind the service tags of rules and routes, unless there are none but those whose meaning follows from the
// network.
func ReadTags(ctx context.Context, c *Client, t *topology.Topology) {
	var names []string
	add := func(texts ...string) {
		for _, text := range texts {
			if nsg.ListedTag(text) {
				names = append(names, text)
			}
		}
	}
	for _, g := range t.Groups {
		for _, rule := range g.Rules {
			add(rule.Sources...)
			add(rule.Destinations...)
		}
	}
	for _, table := range t.Tables {
		for _, route := range table.Routes {
			add(route.Prefix)
		}
	}
	if len(names) == 0 {
		return
	}
	tags, err := ServiceTags(ctx, c, strings.ToLower(strings.ReplaceAll(t.Cluster.Location, " ", "")), names)
	if err != nil {
		t.TagsError = err.Error()
		return
	}
	t.Tags = tags
}
