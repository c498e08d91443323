package aksnode

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/redact"
)

// apiVersion is the version of our own kinds in JSON. It is not yet stable.
const apiVersion = "akstools.dev/v1alpha1"

// NodeInfo is what `list` prints about a node.
type NodeInfo struct {
	Name       string       `json:"name"`
	OS         string       `json:"os"`
	OSImage    string       `json:"osImage"`
	InternalIP string       `json:"internalIP"`
	Pool       string       `json:"pool"`
	Instance   *id.Instance `json:"instance,omitempty"` // nil if providerID does not name its Azure virtual machine
	Ready      string       `json:"ready"`              // the status of the Ready condition: True, False, Unknown
	Access     string       `json:"access"`             // the commands that can access the node now
	Power      string       `json:"power,omitempty"`    // the power state of its virtual machine, with --azure; empty if it is unknown
}

// NodeInfoList is the kind that `list -o json` prints.
type NodeInfoList struct {
	metav1.TypeMeta `json:",inline"`
	Items           []NodeInfo `json:"items"`
}

// DeepCopyObject implements runtime.Object.
func (l *NodeInfoList) DeepCopyObject() runtime.Object {
	c := *l
	c.Items = append([]NodeInfo(nil), l.Items...)
	return &c
}

type listOptions struct {
	app      *cli.App
	print    *genericclioptions.PrintFlags
	selector string
	azure    string
}

func listCommand(a *cli.App) *cobra.Command {
	o := &listOptions{app: a, print: genericclioptions.NewPrintFlags("").WithTypeSetter(scheme())}
	c := &cobra.Command{
		Use:   "list",
		Short: "List nodes with their Azure instances and how to access them",
		Long: templates.LongDesc(`
			List the nodes with operating system, internal IP, pool, scale set and instance, readiness, and the commands with
			which you can access them now.`),
		Example: templates.Examples(`
			# List all nodes
			kubectl aksnode list

			# List the nodes of one pool, as JSON
			kubectl aksnode list -l kubernetes.azure.com/agentpool=nodepool1 -o json

			# Also show which virtual machines are stopped or deallocated
			kubectl aksnode list --azure auto`),
		Args:                  cobra.NoArgs,
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     cobra.NoFileCompletions,
		RunE:                  func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	o.print.AddFlags(c)
	c.Flags().StringVar(&o.azure, "azure", string(azure.Off),
		"Whether to read the power states of the nodes' virtual machines from Azure: off, auto (if you are signed in) or require")
	_ = c.RegisterFlagCompletionFunc("azure", cobra.FixedCompletions(azure.Modes(), cobra.ShellCompDirectiveNoFileComp))
	c.Flags().StringVarP(&o.selector, "selector", "l", "", "Label selector of the nodes")
	return c
}

func scheme() *runtime.Scheme {
	s := runtime.NewScheme()
	gv, _ := schema.ParseGroupVersion(apiVersion)
	s.AddKnownTypeWithName(gv.WithKind("NodeInfoList"), &NodeInfoList{})
	return s
}

func (o *listOptions) run(ctx context.Context) error {
	mode, err := azure.ParseMode(o.azure)
	if err != nil {
		return err
	}
	clients, err := kube.New(o.app.Flags)
	if err != nil {
		return err
	}
	list := &NodeInfoList{TypeMeta: metav1.TypeMeta{APIVersion: apiVersion, Kind: "NodeInfoList"}, Items: []NodeInfo{}}
	err = eachNode(ctx, clients, o.selector, func(n *corev1.Node) { list.Items = append(list.Items, info(n)) })
	if err != nil {
		return cli.WithHint(err, hints(hintContext{}, err)...)
	}
	if mode != azure.Off {
		if err := o.powers(ctx, mode, list.Items); err != nil {
			return err
		}
	}
	return o.write(list)
}

func (o *listOptions) write(list *NodeInfoList) error {
	switch format := *o.print.OutputFormat; format {
	case "":
		return writeTable(o.app.Streams.Out, inLines(list.Items), o.azure != string(azure.Off))
	case "name":
		for _, n := range inLines(list.Items) {
			if _, err := fmt.Fprintf(o.app.Streams.Out, "node/%s\n", n.Name); err != nil {
				return err
			}
		}
		return nil
	case "json": // it escapes what others must not hold
	default:
		list.Items = inLines(list.Items)
	}
	return o.app.PrintObject(o.print, list)
}

// inLines returns the nodes with values that take one line each, whatever the kubelets have reported.
func inLines(nodes []NodeInfo) []NodeInfo {
	safe := make([]NodeInfo, len(nodes))
	for i, n := range nodes {
		if n.Instance != nil {
			n.Instance = &id.Instance{
				ResourceGroup: redact.Line(n.Instance.ResourceGroup), ScaleSet: redact.Line(n.Instance.ScaleSet), ID: redact.Line(n.Instance.ID),
			}
		}
		safe[i] = NodeInfo{
			Name: redact.Line(n.Name), OS: redact.Line(n.OS), OSImage: redact.Line(n.OSImage), InternalIP: redact.Line(n.InternalIP),
			Pool: redact.Line(n.Pool), Instance: n.Instance, Ready: redact.Line(n.Ready), Access: n.Access,
			Power: redact.Line(n.Power),
		}
	}
	return safe
}

func info(node *corev1.Node) NodeInfo {
	i := NodeInfo{
		Name:    node.Name,
		OS:      node.Labels[corev1.LabelOSStable],
		OSImage: node.Status.NodeInfo.OSImage,
		Pool:    node.Labels[poolLabel],
		Ready:   string(corev1.ConditionUnknown),
		Access:  "ssh, run",
	}
	for _, a := range node.Status.Addresses {
		if a.Type == corev1.NodeInternalIP && i.InternalIP == "" {
			i.InternalIP = a.Address
		}
	}
	if instance, ok := id.Parse(node.Spec.ProviderID, node.Name); ok {
		i.Instance = &instance
	}
	if ready := podhealth.NodeReady(node); ready.Status != "" {
		i.Ready = string(ready.Status)
	}
	_, err := nodepod.CheckNode(node)
	var unusable *nodepod.UnusableNodeError
	switch {
	case err == nil && i.Ready == string(corev1.ConditionUnknown): // it has no Ready condition yet
		i.Access = "unknown"
	case errors.As(err, &unusable) && unusable.Machine && !unusable.NotReady: // it runs Windows
		i.Access = "ssh -i, ssh --hostprocess"
	case errors.As(err, &unusable) && unusable.Machine:
		i.Access = "ssh -i"
		if i.Instance != nil {
			i.Access = "run --via azure, ssh -i"
		}
	case err != nil:
		i.Access = "none"
	}
	return i
}

// writeTable writes the nodes, with a column for the power state if it was read.
func writeTable(out io.Writer, nodes []NodeInfo, power bool) error {
	headings := []string{"NAME", "READY", "OS", "OS-IMAGE", "INTERNAL-IP", "POOL", "INSTANCE", "ACCESS"}
	if power {
		headings = append(headings, "POWER")
	}
	t := newTable(out, headings...)
	for _, n := range nodes {
		instance := ""
		if n.Instance != nil {
			instance = n.Instance.String()
		}
		row := []string{n.Name, n.Ready, n.OS, n.OSImage, n.InternalIP, n.Pool, instance, n.Access}
		if power {
			row = append(row, cmp.Or(n.Power, "<unknown>"))
		}
		for i := range row {
			row[i] = cmp.Or(row[i], "<none>")
		}
		t.row(row...)
	}
	return t.flush()
}
