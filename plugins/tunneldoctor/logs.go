package tunneldoctor

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/noderun"
)

type logsOptions struct {
	app       *cli.App
	container string
	previous  bool
	tail      int
}

func logsCommand(a *cli.App) *cobra.Command {
	o := &logsOptions{app: a}
	c := &cobra.Command{
		Use:   "logs pod/NAME",
		Short: "Print the end of a pod's log while kubectl logs does not work",
		Long: templates.LongDesc(`
			Print the last lines of a container's log without the tunnel. A short-lived pod reads them on the node and returns
			them in its termination messages, which hold about 9 KB after compression. While that pod exists, usually a few
			seconds, everyone with permission to read pods in its namespace can read the lines. On a terminal, control
			characters in the log are replaced.

			You need permission to read the log (get pods/log), which is checked first, and to create a privileged pod in the
			current namespace. stderr also shows a Log Analytics query for the whole log, for clusters with Container insights.`),
		Example: templates.Examples(`
			# The last lines of a pod's log
			kubectl tunneldoctor logs pod/web-0 -n shop

			# The log of the container's previous instance
			kubectl tunneldoctor logs pod/web-0 -n shop -c app --previous`),
		DisableFlagsInUseLine: true,
		Args:                  cobra.ExactArgs(1),
		ValidArgsFunction:     cobra.NoFileCompletions,
		RunE:                  func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0]) },
	}
	c.Flags().StringVarP(&o.container, "container", "c", "", "Container; by default the first")
	c.Flags().BoolVarP(&o.previous, "previous", "p", false, "Print the log of the container's previous instance")
	c.Flags().IntVar(&o.tail, "tail", 100, "Number of lines to print, 1 to 10000")
	return c
}

func (o *logsOptions) run(ctx context.Context, arg string) error {
	name := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(arg, "pod/"), "pods/"), "po/")
	if problems := validation.NameIsDNSSubdomain(name, false); len(problems) > 0 {
		return cli.WithHint(fmt.Errorf("%q is not a valid pod name: %s", arg, problems[0]), "for example: kubectl tunneldoctor logs pod/web-0")
	}
	if o.tail < 1 || o.tail > 10000 {
		return fmt.Errorf("--tail is %d: it takes 1 to 10000", o.tail)
	}
	clients, err := kube.New(o.app.Flags)
	if err != nil {
		return err
	}
	// bypassing the tunnel must not bypass permissions: whoever may not use kubectl logs may not use this either
	if err := clients.Check(ctx, kube.Right{Verb: "get", Resource: "pods", Subresource: "log", Namespace: clients.Namespace}); err != nil {
		return err
	}
	pod, err := clients.CoreV1().Pods(clients.Namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		err := fmt.Errorf("pod %q does not exist in namespace %s", name, clients.Namespace)
		return cli.WithHint(err, "to list pods: kubectl get pods -A")
	} else if err != nil {
		return err
	}
	container, err := o.chooseContainer(pod)
	if err != nil {
		return err
	}
	notes := o.app.Printer()
	notes.Notef("the log passes through the status of a pod in namespace %s: "+
		"anyone who can read pods there can read it while that pod exists", clients.Namespace)
	notes.Notef("query for the whole log in Log Analytics: ContainerLogV2 "+
		"| where PodNamespace == %q and PodName == %q and ContainerName == %q | order by TimeGenerated desc", pod.Namespace, pod.Name, container)
	out, err := nodeProber(clients, notes).Run(ctx, pod.Spec.NodeName, noderun.Command{Argv: o.command(pod, container), KeepEnd: true})
	if err != nil {
		return err
	}
	if out.ExitCode != 0 {
		return fmt.Errorf("the log could not be read on node %s: %s", pod.Spec.NodeName, strings.TrimSpace(string(out.Stderr)))
	}
	if out.Truncated {
		notes.Warnf("the lines exceed the size limit of a termination message: only the last of them follow; print fewer with --tail")
		_, out.Stdout, _ = bytes.Cut(out.Stdout, []byte("\n")) // the rest of a line
	}
	_, err = o.app.LogStreams().Out.Write(stripCRI(out.Stdout))
	return err
}

// chooseContainer returns the name of the chosen container, by default the first.
func (o *logsOptions) chooseContainer(pod *corev1.Pod) (string, error) {
	if pod.Spec.NodeName == "" {
		return "", fmt.Errorf("pod %s is not scheduled to a node yet: it has no log", pod.Name)
	}
	var names []string
	for _, c := range append(pod.Spec.Containers, pod.Spec.InitContainers...) {
		if c.Name == o.container {
			return c.Name, nil
		}
		names = append(names, c.Name)
	}
	switch {
	case len(names) == 0:
		return "", fmt.Errorf("pod %s has no container", pod.Name)
	case o.container == "":
		return names[0], nil
	}
	return "", fmt.Errorf("pod %s has no container %q: it has %s", pod.Name, o.container, strings.Join(names, ", "))
}

// tailScript prints the last $2 lines of the $3rd newest file that matches the pattern $1. The pattern is not quoted, so it must not
// contain white space; names of Kubernetes objects have none.
const tailScript = `files=$(ls -t $1 2>/dev/null) || { echo "no file matches $1" >&2; exit 1; }
file=$(printf '%s\n' "$files" | sed -n "$3p")
[ -n "$file" ] || { echo "there is no log of a previous instance" >&2; exit 1; }
tail -n "$2" "$file"`

// command returns the command that prints the end of the file in which the kubelet keeps the container's log
// (https://kubernetes.io/docs/concepts/cluster-administration/logging/#log-location-node).
func (o *logsOptions) command(pod *corev1.Pod, container string) []string {
	files := fmt.Sprintf("/var/log/pods/%s_%s_%s/%s/*.log", pod.Namespace, pod.Name, pod.UID, container)
	nth := "1"
	if o.previous {
		nth = "2"
	}
	return []string{"/usr/bin/bash", "-c", tailScript, "logs", files, fmt.Sprint(o.tail), nth}
}

// criLine matches a line in the kubelet's format: time, stream, whether the line is full or partial, text
// (https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md).
var criLine = regexp.MustCompile(`(?m)^\S+ (?:stdout|stderr) ([FP])(?:$| )(.*)(\n?)`)

// stripCRI removes what the kubelet puts before each line, as kubectl logs does. A partial line has no line break.
func stripCRI(text []byte) []byte {
	return criLine.ReplaceAllFunc(text, func(line []byte) []byte {
		m := criLine.FindSubmatch(line)
		if m[1][0] == 'P' {
			return m[2]
		}
		return append(bytes.Clone(m[2]), m[3]...)
	})
}
