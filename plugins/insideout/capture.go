package insideout

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/capture"
	"github.com/akstools/akstools/internal/capture/filter"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/doctor"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/internal/testpod"
	"github.com/akstools/akstools/plugins/insideout/facts"
	"github.com/akstools/akstools/plugins/insideout/packets"
)

// captureOptions are the flags of the subcommand capture.
type captureOptions struct {
	doctor.Options
	capture       facts.Capture
	image         string
	nodeImage     string
	nodeNamespace string
	timeout       time.Duration
}

func captureCommand(a *cli.App) *cobra.Command {
	o := &captureOptions{Options: doctor.Options{App: a, Plugin: Name, Checks: packets.All(), Facts: facts.All()}}
	c := &cobra.Command{
		Use:   "capture svc/NAME|pod/NAME [flags]",
		Short: "Capture packets at both ends of a connection, and find out where it fails",
		Long: templates.LongDesc(`
			Capture packets in the client and in the pods of a Service at the same time, while insideout sends requests, and find
			out from them where connections fail: between which two places packets are lost, who refuses or resets, whether large
			packets are lost, whether answers take another way, what TLS and HTTP report.

			Up to 4 pods are captured. The client is a test pod, on another node than the pods if there is one. --client names another
			one: a pod, a node, or this computer ("here"), on which tcpdump and root are needed. Requests are sent from its network
			namespace; nothing runs in its containers. With --no-request, send your own requests during --duration.

			Packets are captured by tcpdump on the nodes, through a privileged pod on each, which is created in the current namespace
			from an image that is on the node, and removed at the end. To a node without tcpdump a recorder of 1.5 MB is sent, which
			deletes its file when it starts. Its filters know only: ` + filter.Known + `.

			Of what packets carry nothing is kept, neither in files nor in the report, except the headers of TLS records, TLS alerts
			that are not encrypted, and the version and status of HTTP responses. At most 256 bytes of a packet leave its node.
			--full keeps everything: passwords, tokens and data of users too.

			-w writes a pcapng file for each place, and one with the packets of all, in the order of their times by this computer's
			clock. Wireshark shows the place of a packet as its interface.

			The exit codes are those of 'kubectl insideout'.`),
		Example: templates.Examples(`
			# Where do requests to the Service web fail?
			kubectl insideout capture svc/web

			# Also capture at the nodes, to tell a NetworkPolicy from a network security group
			kubectl insideout capture svc/web --nodes

			# From another pod, and keep the packets for Wireshark
			kubectl insideout capture svc/api -n shop --client front/web-0 -w packets

			# From a node, to one port of a pod
			kubectl insideout capture pod/web-0 --port 8080 --client aks-nodepool1-12345678-vmss000000

			# Capture a minute of the app's own traffic with one client
			kubectl insideout capture svc/web --client front/web-0 --no-request --duration 1m

			# Send the captured connections, without what they carried, to somebody else
			kubectl insideout capture svc/web --save web.bundle
			kubectl insideout capture --from web.bundle`),
		Args:                  cobra.MaximumNArgs(2),
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     newOptions(a).complete,
		RunE:                  func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	o.bind(c)
	return c
}

func (o *captureOptions) bind(c *cobra.Command) {
	o.Bind(c)
	flags, k := c.Flags(), &o.capture
	flags.StringVar(&k.Client, "client", "",
		`Where connections come from: NAMESPACE/POD, a node, or "here" for this computer; by default a test pod`)
	flags.BoolVar(&k.Nodes, "nodes", false, "Also capture at the outer interfaces of the nodes")
	flags.StringVar(&k.Filter, "filter", "",
		"Packets to capture, as tcpdump takes it, at every place; by default those of the target's ports, and ICMP errors. "+
			"Addresses and ports change on the way: with a filter, missing packets prove nothing")
	flags.Int32Var(&k.Port, "port", 0, "Port of the Service or pod; by default all")
	flags.StringVar(&k.Path, "path", "/", "Path to request over HTTP")
	flags.BoolVar(&k.NoRequest, "no-request", false, "Send no requests: only capture, for --duration")
	flags.DurationVar(&k.Limits.Limit, "duration", 30*time.Second,
		"How long packets are captured at most; with --no-request, how long they are")
	flags.IntVar(&k.Limits.Packets, "packets", 10_000, "How many packets are captured at each place at most")
	flags.BoolVar(&k.Limits.Full, "full", false, "Keep everything that packets carry, secrets too, in the files of --write")
	flags.StringVarP(&k.Dir, "write", "w", "", "Directory for pcapng files, which is created if it does not exist")
	flags.DurationVar(&o.timeout, "timeout", 5*time.Second, "Timeout for each connection attempt, and separately for its response")
	flags.StringVar(&o.image, "probe-image", "", "Image of the test pod, as for 'kubectl insideout'")
	flags.StringVar(&o.nodeImage, "node-image", "", "Image of the pods on the nodes; by default one that is already on the node")
	flags.StringVar(&o.nodeNamespace, "node-namespace", "",
		"Namespace of the pods on the nodes, which must admit privileged pods; by default the current one")
	_ = c.RegisterFlagCompletionFunc("node-namespace", o.App.CompleteNamespaces) // it fails only if there is no such flag
	_ = c.RegisterFlagCompletionFunc("client", o.App.CompleteNodes)
	_ = c.MarkFlagDirname("write")
}

func (o *captureOptions) validate(args []string) error {
	if err := o.Validate(); err != nil {
		return err
	}
	k := o.capture
	if problems := clientProblems(k.Client); len(problems) > 0 {
		return fmt.Errorf("--client is %q: it takes NAMESPACE/POD, the name of a node, or %s: %s", k.Client, facts.CaptureHere, problems[0])
	}
	if problems := validation.IsDNS1123Label(o.nodeNamespace); o.nodeNamespace != "" && len(problems) > 0 {
		return fmt.Errorf("--node-namespace is %q: it takes the name of a namespace: %s", o.nodeNamespace, problems[0])
	}
	if err := validRequest("", k.Path); err != nil {
		return err
	}
	switch {
	case k.Limits.Limit < time.Second || k.Limits.Limit > maxDuration:
		return fmt.Errorf("--duration is %s: it takes 1s to %s", k.Limits.Limit, maxDuration)
	case k.Limits.Packets < 1 || k.Limits.Packets > maxPackets:
		return fmt.Errorf("--packets is %d: it takes 1 to %d", k.Limits.Packets, maxPackets)
	case k.Port < 0 || k.Port > 65535:
		return fmt.Errorf("--port is %d: it takes 1 to 65535", k.Port)
	case o.timeout < time.Second || o.timeout > time.Minute:
		return fmt.Errorf("--timeout is %s: it takes 1s to 1m", o.timeout)
	case k.Limits.Full && k.Dir == "":
		return errors.New("--full needs --write: the report never shows what packets carry")
	case o.Offline() && (len(args) > 0 || k.Client != "" || k.Dir != ""):
		return errors.New("--from takes no target, --client or --write: the file has its own")
	case !o.Offline() && len(args) == 0:
		return cli.WithHint(errors.New("no target given"), "for example: kubectl insideout capture svc/web")
	}
	return nil
}

// Bounds of flags.
const (
	maxDuration = 30 * time.Minute
	maxPackets  = 200_000
)

// maxCapturedBytes is how many bytes are kept in memory of each place's packets.
const maxCapturedBytes = 64 << 20

func clientProblems(client string) []string {
	namespace, pod, isPod := strings.Cut(client, "/")
	switch {
	case client == "":
		return nil
	case isPod:
		return append(validation.IsDNS1123Label(namespace), validation.IsDNS1123Subdomain(pod)...)
	}
	return validation.IsDNS1123Subdomain(client)
}

func (o *captureOptions) run(ctx context.Context, args []string) error {
	if err := o.validate(args); err != nil {
		return err
	}
	if o.Offline() {
		return o.EvaluateBundle(ctx)
	}
	r, err := o.diagnose(ctx, args)
	if err != nil {
		return err
	}
	return o.Finish([]*report.Report{r})
}

// diagnose captures, evaluates the checks, and saves the bundle with --save.
func (o *captureOptions) diagnose(ctx context.Context, args []string) (*report.Report, error) {
	targets, err := targets(args)
	if err != nil {
		return nil, err
	}
	if len(targets) != 1 || targets[0].kind != "service" && targets[0].kind != "pod" {
		return nil, errors.New("capture takes one Service (svc/NAME) or pod (pod/NAME)")
	}
	save, discard, err := o.CreateBundle()
	if err != nil {
		return nil, err
	}
	defer discard()
	if o.capture.Client == facts.CaptureHere {
		if _, err := capture.Here(); err != nil {
			return nil, err
		}
	}
	if o.capture.Dir != "" {
		if err := os.MkdirAll(o.capture.Dir, 0o700); err != nil {
			return nil, err
		}
	}
	clients, err := kube.New(o.App.Flags)
	if err != nil {
		return nil, err
	}
	notes := o.Notes()
	pods := &testpod.Pool{Maker: &jobpod.Maker{Clients: clients, Notes: notes}, Image: o.image, Plugin: Name}
	defer pods.Close(ctx)
	env := o.env(clients, notes, targets[0])
	env.TestPods = pods
	if o.capture.Limits.Full {
		notes.Warnf("the files in %s will hold everything that the captured packets carry: passwords, tokens, data of users", o.capture.Dir)
	}
	r := o.Evaluate(ctx, &env.Memo)
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return r, save([]*fact.Memo{&env.Memo})
}

// nodeIdle is how long a pod on a node keeps running after this program was killed.
const nodeIdle = 30 * time.Second

func (o *captureOptions) env(clients *kube.Clients, notes jobpod.Notes, t target) *facts.Env {
	k := o.capture
	k.Limits.Bytes, k.Version = maxCapturedBytes, cli.Version()
	k.NodePods = &nodepod.Manager{Clients: clients, Notes: notes}
	k.NodePod = nodepod.Options{
		Namespace: clients.Namespace, Image: o.nodeImage, IdleTimeout: nodeIdle, MaxDuration: k.Limits.Limit + 10*time.Minute,
		RunningTimeout: time.Minute, Subcommand: "capture", Reason: cmdline.Kubectl("insideout", "capture", t.kind+"/"+t.name).String(),
	}
	if o.nodeNamespace != "" {
		k.NodePod.Namespace = o.nodeNamespace
	}
	env := &facts.Env{
		Memo:    fact.Memo{Target: check.Ref{Kind: t.kind, Namespace: clients.Namespace, Name: t.name}},
		Clients: clients, Notes: notes, TunnelDoctor: tunnelDoctor, Timeout: o.timeout, Capture: &k, Named: true,
	}
	return env.Bind()
}
