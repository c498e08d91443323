package connectordoctor

import (
	"io"

	"github.com/spf13/cobra"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubectl/pkg/util/templates"
	"sigs.k8s.io/yaml"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

func rbacCommand(a *cli.App) *cobra.Command {
	return &cobra.Command{
		Use:   "rbac CONNECTION...",
		Short: "Print the optional role to read the keys of connections' Secrets and of ConfigMaps",
		Long: templates.LongDesc(`
			Print a Role with which connectordoctor reads the Secrets of these connections, no others, and the ConfigMaps of their
			namespace that may replace values of these Secrets. It is optional: without it, connectordoctor cannot tell whether a
			Secret that no running pod uses exists, and which keys it has. Kubernetes cannot grant the keys alone: whoever is bound to
			the Role can read the values too.

			The other roles are in https://github.com/akstools/akstools/blob/main/docs/rbac/connectordoctor.yaml. No cluster is
			contacted.`),
		Example: templates.Examples(`
			# The Role for the connection mydb of the namespace shop
			kubectl connectordoctor rbac mydb -n shop`),
		Args:                  cobra.MinimumNArgs(1),
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     completeConnections(a),
		RunE: func(_ *cobra.Command, args []string) error {
			for _, name := range args {
				if err := validConnection(name); err != nil {
					return err
				}
			}
			clients, err := kube.New(a.Flags)
			if err != nil {
				return err
			}
			text, err := yaml.Marshal(Role(clients.Namespace, args))
			if err != nil {
				return err
			}
			const warning = "# whoever is bound to this Role can read the values of these Secrets and of all ConfigMaps, not only their keys\n"
			_, err = io.WriteString(a.Streams.Out, warning+string(text))
			return err
		},
	}
}

// Role is the optional Role to read the Secrets of the connections, and ConfigMaps of their namespace.
func Role(namespace string, connections []string) *rbacv1.Role {
	secrets := make([]string, len(connections))
	for i, name := range connections {
		secrets[i] = facts.SecretName(name)
	}
	return &rbacv1.Role{
		TypeMeta:   metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "Role"},
		ObjectMeta: metav1.ObjectMeta{Name: Name + "-secrets", Namespace: namespace},
		Rules:      append(facts.SecretRules(secrets...), facts.ConfigRules()...),
	}
}
