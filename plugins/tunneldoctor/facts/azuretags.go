package facts

import (
	"context"
	"strings"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/nsg"
)

// tags reads what is behind the service tags of rules and routes, unless there are none but those whose meaning follows from the network.
func (r *azureReader) tags(ctx context.Context) {
	var names []string
	add := func(texts ...string) {
		for _, t := range texts {
			if nsg.ListedTag(t) {
				names = append(names, t)
			}
		}
	}
	for _, g := range r.info.Groups {
		for _, rule := range g.Rules {
			add(rule.Sources...)
			add(rule.Destinations...)
		}
	}
	for _, t := range r.info.Tables {
		for _, route := range t.Routes {
			add(route.Prefix)
		}
	}
	if len(names) == 0 {
		return
	}
	tags, err := azure.ServiceTags(ctx, r.client, strings.ToLower(strings.ReplaceAll(r.info.Cluster.Location, " ", "")), names)
	if err != nil {
		r.info.TagsError = err.Error()
		return
	}
	r.info.Tags = tags
}
