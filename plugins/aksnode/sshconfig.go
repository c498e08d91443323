package aksnode

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
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
		Short: "Configure nodes as OpenSSH hosts for ssh, scp, sftp, rsync, VS Code, Ansible",
		Long: templates.LongDesc(`
			Print an OpenSSH configuration with each node as a host, to which 'kubectl aksnode proxy' connects through the
			cluster. With --write, the configuration is written to a file that your ~/.ssh/config includes. Then 'ssh NODE',
			scp, sftp and rsync work, and so should programs that call them, such as VS Code Remote and Ansible. To update the
			file, run the command with --write again. To remove it, use --remove.

			A node's name is used as the host's name. If the name contains a dot, or if it is localhost, this computer's
			name, or in your hosts file, known_hosts or SSH configuration already, the host is called NODE.CLUSTER instead,
			so that it does not take the place of another host. To use such a name nevertheless, give it as an argument.

			The first connection to a node creates a node pod, which further connections of yours share. It is removed after
			the last one. The default user is azureuser, and you need its private key. The host keys of Linux nodes are read on
			the node itself; for those of Windows nodes, ssh asks you once.`),
		Example: templates.Examples(`
			# Configure all nodes, and copy logs with rsync
			kubectl aksnode ssh-config --write
			rsync -a aks-nodepool1-12345678-vmss000000:/var/log/azure/ azure-logs/

			# Configure the nodes of one pool, with a private key
			kubectl aksnode ssh-config --write --pool npwin -i ~/.ssh/id_rsa

			# Use the configuration for a single command
			kubectl aksnode ssh-config aksnpwin000000 > /tmp/config && scp -F /tmp/config setup.ps1 aksnpwin000000:

			# Remove the configuration
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
	c.Flags().BoolVar(&o.write, "write", false, "Write the configuration to a file that your ~/.ssh/config includes")
	c.Flags().BoolVar(&o.remove, "remove", false, "Remove the file that --write created for this cluster")
	return c
}

func (o *sshConfigOptions) run(ctx context.Context) error {
	if o.write && o.remove {
		return errors.New("--write and --remove cannot be used together")
	}
	if secrets := secretFlags(o.command); len(secrets) > 0 {
		name, _, _ := strings.Cut(secrets[0], "=")
		err := fmt.Errorf("%s cannot be used here: its secret would be written to the configuration", name)
		return cli.WithHint(err, "use a kubeconfig that contains it")
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
		removed, err := config.Remove(cluster)
		if err == nil && !removed {
			o.app.Printer().Notef("there is no SSH configuration for this cluster")
		}
		return err
	}
	o.choice.all = !o.choice.given()
	nodes, err := o.choice.nodes(ctx, manager.Clients)
	if err != nil {
		return cli.WithHint(err, hints(hintContext{}, err)...)
	}
	hosts := o.hosts(nodes, config.Names(cluster, openssh.ThisComputer()), clusterLabel(o.app, cluster))
	text, err := o.text(manager, hosts)
	if err != nil {
		return err
	}
	o.explain(hosts)
	if !o.write {
		_, err := fmt.Fprint(o.app.Streams.Out, text)
		return err
	}
	if err := config.Write(cluster, text); err != nil {
		return err
	}
	var names []string
	for _, h := range hosts {
		names = append(names, h.name)
	}
	for _, path := range config.Also(cluster, names) {
		o.app.Printer().Warnf("%s, for another cluster, has nodes with the same names: ssh uses the file whose name sorts first", path)
	}
	o.app.Printer().Notef("wrote %s, which %s includes; to remove it: kubectl aksnode ssh-config --remove",
		config.File(cluster), config.Main())
	return nil
}

// text returns the configuration of the hosts.
func (o *sshConfigOptions) text(m *nodepod.Manager, hosts []sshHost) (string, error) {
	known, err := m.KnownHosts()
	if err != nil {
		return "", fmt.Errorf("creating a directory for the nodes' SSH host keys: %w", err)
	}
	identity := o.client.identity
	if identity != "" {
		if identity, err = filepath.Abs(identity); err != nil {
			return "", err
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Nodes of %s; created by: kubectl aksnode ssh-config\n", redact.Line(serverName(m.Clients.Config.Host)))
	for _, host := range hosts {
		if host.name == "" {
			continue
		}
		n := host.node
		r := route{node: n, via: n.Name}
		if o.client.hop != "" && o.client.hop != n.Name {
			r.via = o.client.hop
		}
		proxy, err := o.proxy(r)
		if err != nil {
			return "", err
		}
		h := openssh.Host{
			Node: n.Name, Name: host.name, UID: string(n.UID), User: o.client.user, Identity: identity, KnownHosts: known,
			Pinned: !nodepod.IsWindows(n) && !r.hops(), Proxy: proxy, Extra: o.client.extra(),
		}
		section, err := h.Config()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "\n%s", section)
	}
	return b.String(), nil
}

// serverName returns the URL of the API server without user and password.
func serverName(server string) string {
	u, err := url.Parse(server)
	if err != nil {
		return "an invalid URL"
	}
	u.User = nil
	return u.String()
}

// proxy returns the ProxyCommand. It does not depend on the environment: the current context may be another one later.
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
