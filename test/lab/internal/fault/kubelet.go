package fault

import (
	"context"
	"fmt"
	"strings"
)

// kubeletFaults are faults because of which one node's kubelet does not answer.
func kubeletFaults() []Fault {
	n := last()
	return []Fault{
		{
			Name:   "kubelet-port-drop",
			Doc:    "node " + n.Name + " drops packets to its kubelet's port 10250",
			Inject: on(n, "iptables -I INPUT -p tcp --dport 10250 -j DROP"),
			Clear:  on(n, "while iptables -D INPUT -p tcp --dport 10250 -j DROP 2>/dev/null; do :; done"),
		},
		{
			Name:   "ufw-on",
			Doc:    "node " + n.Name + " has ufw enabled with its defaults, which block port 10250",
			Inject: on(n, "ufw --force enable"),
			Clear:  on(n, "ufw --force disable && ufw --force reset && rm -f /etc/ufw/*.rules.2*"),
		},
		{
			Name:   "kubelet-stopped",
			Doc:    "the kubelet of node " + n.Name + " is stopped; the node becomes NotReady",
			Inject: on(n, "systemctl stop kubelet"),
			Clear:  on(n, "systemctl start kubelet"),
		},
		{
			Name:   "kubelet-hung",
			Doc:    "the kubelet of node " + n.Name + " hangs: its port accepts connections but does not answer; the node becomes NotReady",
			Inject: on(n, "systemctl kill --kill-whom=main --signal=STOP kubelet"),
			Clear:  on(n, "systemctl kill --kill-whom=main --signal=CONT kubelet || ! systemctl is-active --quiet kubelet"),
			Breaks: Kubelet,
		},
		{
			Name:   "kubelet-other-address",
			Doc:    "the kubelet of node " + n.Name + " listens on 127.0.0.1 only",
			Inject: on(n, configured(`/"address":/`, `1s|$|\n  "address": "127.0.0.1",|`)),
			Clear:  on(n, unconfigured(`/"address":/`, `/"address":/d`)),
			Breaks: Kubelet,
		},
		{
			Name: "kubelet-serving-certificate-gone",
			Doc:  "the kubelet of node " + n.Name + " has no serving certificate: its certificate signing request is not approved",
			Inject: on(n, configured(`/"serverTLSBootstrap":/`,
				`/"tlsCertFile":\|"tlsPrivateKeyFile":/d`, `1s|$|\n  "serverTLSBootstrap": true,|`)),
			Clear: inOrder(
				on(n, unconfigured(`/"serverTLSBootstrap":/`, // replaces the line in place
					`s|.*"serverTLSBootstrap":.*|  "tlsCertFile": "/etc/kubernetes/certs/kubeletserver.crt",\n`+
						`  "tlsPrivateKeyFile": "/etc/kubernetes/certs/kubeletserver.key",|`)),
				removeRequests,
			),
			Breaks: Kubelet,
		},
	}
}

const kubeletConfig = "/etc/default/kubeletconfig.json"

// configured returns a shell command that edits the kubelet's configuration and restarts it, unless a line matches
// already.
func configured(match string, edits ...string) string { return edit("! ", match, edits) }

// unconfigured is configured for the case that a line matches.
func unconfigured(match string, edits ...string) string { return edit("", match, edits) }

func edit(not, match string, edits []string) string {
	script := ""
	for _, e := range edits {
		script += fmt.Sprintf(" -e '%s'", e)
	}
	return fmt.Sprintf(
		"if %s[ -n \"$(sed -n '%sp' %[3]s)\" ]; then sed -i%[4]s %[3]s && systemctl restart kubelet; fi", not, match,
		kubeletConfig, script,
	)
}

// removeRequests removes the kubelets' certificate signing requests. The lab never approves any, so no others are lost.
func removeRequests(ctx context.Context, kubectl Runner) error {
	names, err := text(
		kubectl(ctx, "get", "csr", "-o",
			`jsonpath={range .items[?(@.spec.signerName=="kubernetes.io/kubelet-serving")]}{.metadata.name}{" "}{end}`),
	)
	if err != nil || names == "" {
		return err
	}
	return output(kubectl(ctx, append([]string{"delete", "csr", "--ignore-not-found"}, strings.Fields(names)...)...))
}
