package lie

import "strings"

// place is what a path of the API is about.
type place struct {
	version     string // such as apps/v1
	resource    string // such as pods or deployments.apps; empty for what is no resource
	namespace   string
	name        string
	subresource string
}

// parsePath returns what the path is about.
func parsePath(path string) place {
	var at place
	parts := strings.Split(strings.Trim(path, "/"), "/")
	group := ""
	switch {
	case len(parts) > 2 && parts[0] == "api":
		at.version, parts = parts[1], parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		group, at.version, parts = "."+parts[1], parts[1]+"/"+parts[2], parts[3:]
	default:
		return place{}
	}
	if len(parts) > 2 && parts[0] == "namespaces" {
		at.namespace, parts = parts[1], parts[2:]
	}
	at.resource = parts[0] + group
	if len(parts) > 1 {
		at.name = parts[1]
	}
	if len(parts) > 2 {
		at.subresource = parts[2]
	}
	return at
}
