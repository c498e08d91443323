package id

import (
	"regexp"
	"strings"

	"github.com/akstools/akstools/internal/cmdline"
)

// identity is the resource ID of a user-assigned identity.
var identity = regexp.MustCompile(`(?i)^/subscriptions/([a-z0-9-]+)/resourceGroups/([^/]+)/providers/` +
	`Microsoft\.ManagedIdentity/userAssignedIdentities/([^/]+)$`)

// Extension returns az k8s-extension VERB for the extension with the name of the cluster of that resource ID, or no command if it is not
// the ID of an AKS cluster: it may come from a bundle.
func Extension(cluster, verb, name string, args ...string) cmdline.Command {
	parts := named(managedCluster, cluster)
	if parts == nil {
		return cmdline.Command{}
	}
	return cmdline.Az("k8s-extension", verb, "--subscription", parts[0], "-g", parts[1], "-c", parts[2], "-t", "managedClusters", "-n", name).
		With(args...)
}

// Credential returns az identity federated-credential VERB for the identity of that resource ID, or no command if it is not the ID of an
// identity.
func Credential(id, verb string, args ...string) cmdline.Command {
	parts := named(identity, id)
	if parts == nil {
		return cmdline.Command{}
	}
	return cmdline.Az("identity", "federated-credential", verb, "--subscription", parts[0], "-g", parts[1], "--identity-name", parts[2]).
		With(args...)
}

// anyResource is a resource ID, subnet that of a subnet.
var (
	anyResource = regexp.MustCompile(`(?i)^/subscriptions/([a-z0-9-]+)/resourceGroups/([^/]+)/providers/[a-z.]+/[a-z]+/([^/]+)$`)
	subnet      = regexp.MustCompile(`(?i)^/subscriptions/([a-z0-9-]+)/resourceGroups/([^/]+)/providers/` +
		`Microsoft\.Network/virtualNetworks/([^/]+)/subnets/([^/]+)$`)
)

// Parts returns the subscription, the resource group and the name of a resource that is no part of another. ok is false if the ID is of
// another form, or a part is no name: it may come from a bundle.
func Parts(resource string) (subscription, group, name string, ok bool) {
	parts := named(anyResource, resource)
	if parts == nil {
		return "", "", "", false
	}
	return parts[0], parts[1], parts[2], true
}

// IsSubnet reports whether it is the resource ID of a subnet.
func IsSubnet(id string) bool { return named(subnet, id) != nil }

// named returns the parts of the resource ID that the form has; nil if it is of another form, or a part is no name of a resource.
func named(form *regexp.Regexp, id string) []string {
	parts := form.FindStringSubmatch(id)
	if parts == nil {
		return nil
	}
	for _, name := range parts[1:] {
		if !resource.MatchString(name) || strings.HasSuffix(name, ".") {
			return nil
		}
	}
	return parts[1:]
}
