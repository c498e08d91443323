package aksnode

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/openssh"
	"github.com/akstools/akstools/internal/redact"
)

type sshConfigOptions struct {
	app     *cli.App
	pod     podFlags
	client  clientFlags
	choice  choice
	write   bool
	remove  bool
	command *cobra.Command
}

func sshConfigCommand(a *cli.App) *cobra.Command {
	o := &sshConfigOptions{app: a}
	c := &cobra.Command{
		Use:   "ssh-config [NODE...]",
		Short: "Make nodes hosts of OpenSSH: for ssh, scp, sftp, rsync, VS Code, Ansible",
		Long: templates.LongDesc(`
			Print a configuration for OpenSSH in which each node is a host, reached through the cluster by
			'kubectl aksnode proxy'. With --write it becomes a file of its own that your ~/.ssh/config includes; then
			'ssh NODE', scp, sftp and rsync work, and so should what calls them, such as VS Code Remote and Ansible. Again with --write brings it up to date;
			--remove takes it away.

			A connection makes a node pod, which all connections of yours to that node share, and which is removed
			after the last. The user is azureuser, and its key is yours to have; host keys of Linux nodes are read on
			the node, those of Windows nodes are asked about once.`),
		Example: templates.Examples(`
			# All nodes
			kubectl aksnode ssh-config --write
			rsync -a aks-nodepool1-12345678-vmss000000:/var/log/azure/ azure-logs/

			# One pool, with a key
			kubectl aksnode ssh-config --write --pool npwin -i ~/.ssh/id_rsa

			# Only for one command
			kubectl aksnode ssh-config aksnpwin000000 > /tmp/config && scp -F /tmp/config setup.ps1 aksnpwin000000:

			# Take it away
			kubectl aksnode ssh-config --remove`),
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     a.CompleteMoreNodes,
		RunE: func(c *cobra.Command, args []string) error {
			o.choice.names = args
			return o.run(c.Context())
		},
	}
	o.command = c
	o.pod.add(c)
	o.client.add(c, a)
	o.choice.add(c)
	c.Flags().BoolVar(&o.write, "write", false, "Put it into a file that your ~/.ssh/config includes")
	c.Flags().BoolVar(&o.remove, "remove", false, "Take away what --write made for this cluster")
	return c
}

func (o *sshConfigOptions) run(ctx context.Context) error {
	if o.write && o.remove {
		return errors.New("--write and --remove exclude each other")
	}
	for _, secret := range []string{"token", "password"} {
		if f := o.command.InheritedFlags().Lookup(secret); f != nil && f.Changed {
			return cli.WithHint(fmt.Errorf("--%s would stand in the configuration", secret), "use a kubeconfig that holds it")
		}
	}
	if err := o.client.validate(); err != nil {
		return err
	}
	manager, _, err := o.pod.manager(o.app)
	if err != nil {
		return err
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return err
	}
	config, cluster := openssh.UserConfig{Dir: filepath.Join(home, ".ssh")}, manager.Clients.ServerKey()
	if o.remove {
		had, err := config.Remove(cluster)
		if err == nil && !had {
			o.app.Printer().Notef("there is none for this cluster")
		}
		return err
	}
	o.choice.all = !o.choice.given()
	nodes, err := o.choice.nodes(ctx, manager.Clients)
	if err != nil {
		return cli.WithHint(err, hints(explainContext{}, err)...)
	}
	text, err := o.text(manager, nodes)
	if err != nil {
		return err
	}
	if !o.write {
		_, err := fmt.Fprint(o.app.Streams.Out, text)
		return err
	}
	if err := config.Write(cluster, text); err != nil {
		return err
	}
	names := make([]string, len(nodes))
	for i, n := range nodes {
		names[i] = n.Name
	}
	for _, path := range config.Also(cluster, names) {
		o.app.Printer().Warnf("nodes of the same names are in %s, of another cluster: ssh takes the first of the files in the order of their names", path)
	}
	o.app.Printer().Notef("wrote %s, which %s includes; take it away with: kubectl aksnode ssh-config --remove", config.File(cluster), config.Main())
	return nil
}

// text is the configuration of the nodes that have a machine.
func (o *sshConfigOptions) text(m *nodepod.Manager, nodes []corev1.Node) (string, error) {
	known, err := m.KnownHosts()
	if err != nil {
		return "", fmt.Errorf("there is no folder for the nodes' SSH host keys: %w", err)
	}
	identity := o.client.identity
	if identity != "" {
		if identity, err = filepath.Abs(identity); err != nil {
			return "", err
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Nodes of %s; made by: kubectl aksnode ssh-config\n", redact.Line(m.Clients.Config.Host))
	for i, n := range nodes {
		var unusable *nodepod.UnusableNodeError
		if _, err := nodepod.CheckNode(&n); errors.As(err, &unusable) && !unusable.Machine {
			continue
		}
		r := route{node: &nodes[i], via: n.Name}
		if o.client.hop != "" && o.client.hop != n.Name {
			r.via = o.client.hop
		}
		proxy, err := o.proxy(r)
		if err != nil {
			return "", err
		}
		h := openssh.Host{
			Node: n.Name, UID: string(n.UID), User: o.client.user, Identity: identity, KnownHosts: known,
			Pinned: !nodepod.IsWindows(&n) && !r.hops(), Proxy: proxy, Extra: o.client.extra(),
		}
		section, err := h.Config()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "\n%s", section)
	}
	return b.String(), nil
}

// proxy is the ProxyCommand with all that is now a matter of the environment: another context may be current later.
func (o *sshConfigOptions) proxy(r route) ([]string, error) {
	argv, err := proxyArgv(o.command, r)
	if err != nil {
		return nil, err
	}
	for i, a := range argv {
		if path, ok := strings.CutPrefix(a, "--kubeconfig="); ok {
			abs, err := filepath.Abs(path)
			if err != nil {
				return nil, err
			}
			argv[i] = "--kubeconfig=" + abs
		}
	}
	if !slices.ContainsFunc(argv, func(a string) bool { return strings.HasPrefix(a, "--context=") }) {
		raw, err := o.app.Flags.ToRawKubeConfigLoader().RawConfig()
		if err != nil {
			return nil, err
		}
		if raw.CurrentContext != "" {
			argv = append(argv, "--context="+raw.CurrentContext)
		}
	}
	return append(environment(), argv...), nil
}
