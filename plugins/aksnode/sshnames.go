package aksnode

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/openssh"
)

// sshHost is a node as a host of the SSH configuration.
type sshHost struct {
	node *corev1.Node
	// name is what ssh calls the host: the node's name, or an alias; empty: the host is left out.
	name string
	// why the name is not the node's: it contains a dot, or taken is the file that contains it already.
	taken string
}

// hosts returns the hosts for those nodes that are machines. Whoever can register a node, or lies as the API server, chooses its name,
// and could take the place of another host of the user. So a name that the user did not give, and that is or may be another host's,
// is not used: the host then has an alias.
func (o *sshConfigOptions) hosts(nodes []corev1.Node, names *openssh.Names, cluster string) []sshHost {
	var hosts []sshHost
	for i := range nodes {
		n := &nodes[i]
		var unusable *nodepod.UnusableNodeError
		if _, err := nodepod.CheckNode(n); errors.As(err, &unusable) && !unusable.Machine {
			continue
		}
		h := sshHost{node: n, name: n.Name}
		if !slices.Contains(o.choice.names, n.Name) {
			h.taken = names.Find(n.Name)
			if h.taken != "" || strings.Contains(n.Name, ".") {
				h.name = n.Name + "." + cluster
			}
			if file := names.Find(h.name); h.name != n.Name && file != "" {
				h.name, h.taken = "", file
			}
		}
		hosts = append(hosts, h)
	}
	return hosts
}

// maxExplained is how many hosts a warning names.
const maxExplained = 5

// explain warns of hosts that are not called like their nodes, and of those that are left out.
func (o *sshConfigOptions) explain(hosts []sshHost) {
	var aliases, missing []string
	for _, h := range hosts {
		switch h.name {
		case h.node.Name:
		case "":
			missing = append(missing, fmt.Sprintf("%s (%s)", h.node.Name, h.taken))
		default:
			aliases = append(aliases, h.name)
		}
	}
	const hint = "to use a node's own name, give it as an argument"
	if len(aliases) > 0 {
		o.app.Printer().Warnf("%d nodes are not called by their names, which contain a dot or are in use in your hosts file, known_hosts or "+
			"SSH configuration, but: %s; %s", len(aliases), someOf(aliases), hint)
	}
	if len(missing) > 0 {
		o.app.Printer().Warnf("%d nodes are left out, because their names and aliases are in use in your hosts file, known_hosts or SSH "+
			"configuration: %s; %s", len(missing), someOf(missing), hint)
	}
}

// someOf joins the first of the names.
func someOf(names []string) string {
	if more := len(names) - maxExplained; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxExplained], ", "), more)
	}
	return strings.Join(names, ", ")
}

var notInLabel = regexp.MustCompile(`[^a-z0-9-]+`)

// clusterLabel returns the last label of an alias: the cluster's name in the kubeconfig, or else its key. A label of letters alone, such
// as dev, or of an internationalized name could be a top-level domain, and an alias a real host, so these get a suffix.
func clusterLabel(a *cli.App, key string) string {
	name := key
	if config, err := a.Flags.ToRawKubeConfigLoader().RawConfig(); err == nil {
		current := config.CurrentContext
		if a.Flags.Context != nil && *a.Flags.Context != "" {
			current = *a.Flags.Context
		}
		if c := config.Contexts[current]; c != nil && c.Cluster != "" {
			name = c.Cluster
		}
	}
	if a.Flags.ClusterName != nil && *a.Flags.ClusterName != "" {
		name = *a.Flags.ClusterName
	}
	label := strings.Trim(notInLabel.ReplaceAllString(strings.ToLower(name), "-"), "-")
	label = strings.Trim(label[:min(len(label), 40)], "-")
	if label == "" {
		label = key
	}
	if !strings.ContainsAny(label, "0123456789-") || strings.HasPrefix(label, "xn--") {
		label += "-aks"
	}
	return label
}
